import { invalidOption } from '@tollgate/core/adapter'
import { checkRoutes, type ExpectProtectedOptions, expectTestOptions } from '@tollgate/core/testing'
import { findRoutes } from './testing/find-routes.ts'
import { type FastifyApp, isApp, sendBy } from './testing/inject.ts'

export type { ExpectProtectedOptions } from '@tollgate/core/testing'

/**
 * Checks, in a test, that every route of a Fastify app needs a token: `await expectProtected(app, { except: ['/health']
 * })`. It requests each route with `app.inject` and without credentials, with each of its methods and other spellings of
 * its path. A route passes with 401 and a `Bearer` or `DPoP` challenge. It resolves with the routes that passed, such as
 * `'GET /orders'`.
 *
 * **The handler of an unprotected route RUNS.** Give it an app that works on test data. It calls `app.ready()`.
 *
 * It finds every route of the app, also routes that were added before the plugin or in scopes without it. It also finds
 * a handler for unknown paths that responds below 400 (`'/*'`). A WebSocket route is requested without an upgrade,
 * because its hooks are the same. A route with a constraint that is no host and no version needs an exception. It does not check
 * guards or tokens.
 *
 * Rejects with an `AssertionError` that lists every fault: a route that responds without a token, a route without an
 * example path, or an unneeded exception. Rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid
 * arguments.
 */
export async function expectProtected(
  app: FastifyApp,
  options: ExpectProtectedOptions = {},
): Promise<readonly string[]> {
  const settings = expectTestOptions(options)
  if (!isApp(app)) {
    throw invalidOption('Expected the app of fastify() as the first argument of expectProtected')
  }
  await app.ready()
  return checkRoutes({ routes: findRoutes(app), send: sendBy(app) }, settings)
}
