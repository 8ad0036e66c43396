import { defineGuard as define, type Guard, type GuardInit } from '@tollgate/core'
import type { Context } from 'hono'

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `context.native` is the Hono context, with the
 * parameters of the route: `native?.req.param('id')`. Give your own type of the context as `defineGuard<Context<Env>>(…)`,
 * which is not checked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const defineGuard: <Native = Context>(init: GuardInit<Native>) => Guard = define
