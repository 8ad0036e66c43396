import { invalidOption } from '@tollgate/core/adapter'
import {
  checkRoutes,
  type ExpectProtectedOptions,
  expectTestOptions,
  serveOnLoopback,
  withHeaders,
} from '@tollgate/core/testing'
import { findRoutes } from './testing/find-routes.ts'
import { isApp, type KoaApp } from './router/koa-app.ts'
import { traceRouters } from './testing/trace-routers.ts'

export type { ExpectProtectedOptions } from '@tollgate/core/testing'

/**
 * Checks, in a test, that every route of a Koa app needs a token: `await expectProtected(app, { except: ['/health'] })`.
 * It requests each route over loopback without credentials, with each of its methods and other spellings of its path. A
 * route passes with 401 and a `Bearer` or `DPoP` challenge. It resolves with the routes that passed, such as `'GET
 * /orders'`.
 *
 * **The handler of an unprotected route RUNS.** Give it an app that works on test data.
 *
 * It finds the routes of @koa/router and koa-router, and handlers without a route that respond (`'/path/*'`).
 * koa-mount and koa-compose hide their routers. It finds such a router when a request without a token enters it. When
 * the mounted app refuses all such requests, its routes appear as `'/path/*'`. It does NOT find routes of other routers,
 * mounts within a mount, and listeners for upgrades (WebSocket). It does not check guards or tokens.
 *
 * Rejects with an `AssertionError` that lists every fault: a route that responds without a token, a route without an
 * example path, or an unneeded exception. Rejects with a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid
 * arguments.
 */
export async function expectProtected(app: KoaApp, options: ExpectProtectedOptions = {}): Promise<readonly string[]> {
  const settings = expectTestOptions(options)
  if (!isApp(app)) {
    throw invalidOption('Expected the app of new Koa() as the first argument of expectProtected')
  }
  const { listener, found, prefixes } = traceRouters(app)
  return serveOnLoopback(listener, async (send) => {
    const routes = await findRoutes({ send: withHeaders(send, settings), found, prefixes }, settings)
    return checkRoutes({ routes, prefixes, send }, settings)
  })
}
