import { defineGuard as define, type Guard, type GuardInit } from '@tollgate/core'
import type { ExpressRequest } from './request.ts'

/** A request of a route, with the parameters of its path. They are empty where `app.use` has the guard. */
export type RouteRequest = ExpressRequest & {
  readonly params: Readonly<Record<string, string>>
  /** The path without the query, relative to the place of the middleware. */
  readonly path: string
  readonly query: unknown
}

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `context.native` is `req`, with the parameters
 * of the route: `native?.params.id`. Give your own type of the request as `defineGuard<Request>(…)`, which is not
 * checked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const defineGuard: <Native = RouteRequest>(init: GuardInit<Native>) => Guard = define
