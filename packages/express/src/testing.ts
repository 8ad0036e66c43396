import type { RequestListener } from 'node:http'
import { invalidOption } from '@tollgate/core/adapter'
import { checkRoutes, type ExpectProtectedOptions, expectTestOptions, serveOnLoopback } from '@tollgate/core/testing'
import { findRoutes } from './testing/find-routes.ts'
import { isApp, routerOf } from './router/layers.ts'

export type { ExpectProtectedOptions } from '@tollgate/core/testing'

/**
 * Checks, in a test, that every route of an Express app needs a token: `await expectProtected(app, { except: ['/health']
 * })`. It requests each route over loopback without credentials, with each of its methods and other spellings of its
 * path. A route passes with 401 and a `Bearer` or `DPoP` challenge. It resolves with the routes that passed, such as
 * `'GET /orders'`.
 *
 * **The handler of an unprotected route RUNS.** Give it an app that works on test data.
 *
 * It finds the routes of the app, of mounted routers and of mounted apps, and handlers of `app.use` that respond
 * (`'/path/*'`). Without an example it does NOT find routes of a router that a function of yours calls, and single files
 * of `express.static`. It does NOT find listeners for upgrades (WebSocket). It does not check guards or tokens.
 *
 * Rejects with an `AssertionError` that lists every fault: a route that responds without a token, a route without an
 * example path, or an unneeded exception. Rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid
 * arguments.
 */
export async function expectProtected(
  app: RequestListener,
  options: ExpectProtectedOptions = {},
): Promise<readonly string[]> {
  const settings = expectTestOptions(options)
  if (!isApp(app)) {
    throw invalidOption('Expected the app of express() as the first argument of expectProtected')
  }
  const { routes, prefixes } = findRoutes(routerOf(app)?.stack ?? [])
  return serveOnLoopback(app, (send) => checkRoutes({ routes, prefixes, send }, settings))
}
