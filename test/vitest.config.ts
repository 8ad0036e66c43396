import { defineConfig } from 'vitest/config'

const slow = '{packages,test}/**/*.slow.test.ts'
const real = '{packages,test}/**/*.real.test.ts'
/** Subscribers to diagnostics receive the messages of every validator in their thread. Memory belongs to a thread, too. */
const alone = ['test/telemetry/**/*.test.ts', 'packages/core/test/dispatchers.test.ts']

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'threads',
    // Some tests wait. With two cores, the default would be one file at a time.
    maxWorkers: 3,
    // A slow machine is no failure. Each of these bounds is a hundred times what a quiet machine needs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 200_000 } },
    // Node emits these warnings, and does not print them. A test whose subject is a warning listens for it.
    execArgv: ['--disable-warning=TollgateWarning', '--disable-warning=ExperimentalWarning'],
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{packages,test}/**/*.test.ts', 'examples/**/*.vitest.test.ts'],
          exclude: ['**/node_modules/**', ...alone, slow, real],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: alone, isolate: true } },
      // Minutes, floods, and measurements of memory: one file at a time, each in a thread of its own.
      {
        extends: true,
        test: { name: 'slow', include: [slow], exclude: ['**/node_modules/**'], maxWorkers: 1, testTimeout: 600_000 },
      },
      // The conformance tests again, with the older versions of the frameworks.
      {
        extends: true,
        test: {
          name: 'versions',
          include: ['test/conformance/**/*.test.ts'],
          env: { TOLLGATE_ADAPTERS: 'others' },
          isolate: false,
        },
      },
      // Authorization servers that others wrote. Some of them are packages of Debian.
      { extends: true, test: { name: 'real', include: [real], exclude: ['**/node_modules/**'], maxWorkers: 1 } },
    ],
  },
})
