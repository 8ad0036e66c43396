module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transformIgnorePatterns: ['/node_modules/(?!(?:\\.pnpm|@tollgate|jose)/)'],
}
