import '../require/expect-node.cjs'

/** The parts that `expectProtected` of the adapters share. Production code does not load them. */
export { type AppRoute, type CheckedApp, checkRoutes } from './testing/check-routes.ts'
export { examplePaths, joinPaths } from './lib/example-paths.ts'
export { type ExpectProtectedOptions, expectTestOptions, type TestOptions } from './testing/test-options.ts'
export {
  isForAllMethods,
  type Received,
  responseTime,
  type Send,
  type Sent,
  serveOnLoopback,
  startOf,
  withHeaders,
} from './testing/send.ts'
