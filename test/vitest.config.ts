import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['{packages,test}/**/*.test.ts', 'examples/**/*.vitest.test.ts'],
    pool: 'threads',
    isolate: false,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
