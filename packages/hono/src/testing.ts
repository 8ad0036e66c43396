import { invalidOption } from '@tollgate/core/adapter'
import { checkRoutes, type ExpectProtectedOptions, expectTestOptions } from '@tollgate/core/testing'
import { findRoutes } from './testing/find-routes.ts'
import { type HonoApp, isApp } from './router/hono-app.ts'
import { sendBy } from './testing/fetch.ts'

export type { ExpectProtectedOptions } from '@tollgate/core/testing'

/**
 * Checks, in a test, that every route of a Hono app needs a token: `await expectProtected(app, { except: ['/health']
 * })`. It requests each route with `app.fetch` and without credentials, with each of its methods and other spellings of
 * its path. A route passes with 401 and a `Bearer` or `DPoP` challenge. It resolves with the routes that passed, such as
 * `'GET /orders'`.
 *
 * **The handler of an unprotected route RUNS.** Give it an app that works on test data. There are no bindings: `c.env`
 * is an empty object.
 *
 * It finds the routes of the app and of the apps of `app.route`, and handlers of `app.use` that respond (`'/path/*'`).
 * Without an example it does NOT find the routes of an app of `app.mount`, and single files of `serveStatic`. It does NOT
 * find listeners for upgrades (WebSocket). It does not check guards or tokens. After it, Hono accepts no more routes.
 *
 * Rejects with an `AssertionError` that lists every fault: a route that responds without a token, a route without an
 * example path, or an unneeded exception. Rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid
 * arguments.
 */
export async function expectProtected(app: HonoApp, options: ExpectProtectedOptions = {}): Promise<readonly string[]> {
  const settings = expectTestOptions(options)
  if (!isApp(app)) {
    throw invalidOption('Expected the app of new Hono() as the first argument of expectProtected')
  }
  return checkRoutes({ ...findRoutes(app), send: sendBy(app) }, settings)
}
