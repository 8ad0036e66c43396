import { defineConfig } from 'vitest/config'

const alone = ['test/telemetry/**/*.test.ts', 'test/faults/flood.test.ts', 'packages/core/test/jwt-store.test.ts']
const punctual = ['test/faults/scenarios.test.ts']

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'threads',
    // Many tests wait: for deadlines, for load. By default machines with two cores would run one file at a time.
    maxWorkers: 3,
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{packages,test}/**/*.test.ts', 'examples/**/*.vitest.test.ts'],
          exclude: ['**/node_modules/**', ...alone, ...punctual],
          isolate: false,
        },
      },
      // Subscribers hear of every validator in their thread, and its memory is everybody's, so that these files have one of their own each.
      { extends: true, test: { name: 'alone', include: alone, isolate: true } },
      // Answers have to be there in time, so that nothing else is at work meanwhile.
      { extends: true, test: { name: 'punctual', include: punctual, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
