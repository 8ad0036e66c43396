module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transform: { '^.+\\.(t|j)s$': 'ts-jest' },
  // Jest compiles these packages, because they are ES modules. `.pnpm` is the folder of pnpm.
  transformIgnorePatterns: ['/node_modules/(?!(?:\\.pnpm|@tollgate|jose)/)'],
}
