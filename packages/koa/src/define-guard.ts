import { defineGuard as define, type Guard, type GuardInit } from '@tollgate/core'
import type { ParameterizedContext } from 'koa'

/** A context of a route, with the parameters of its path. They are absent where `app.use` has the guard. */
export type RouteContext = ParameterizedContext & { readonly params: Readonly<Record<string, string>> }

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `context.native` is `ctx`, with the parameters
 * of the route: `native?.params.id`. Give your own type of the context as `defineGuard<Context>(…)`, which is not
 * checked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const defineGuard: <Native = RouteContext>(init: GuardInit<Native>) => Guard = define
