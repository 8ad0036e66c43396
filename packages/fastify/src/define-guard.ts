import { defineGuard as define, type Guard, type GuardInit } from '@tollgate/core'
import type { FastifyRequest } from 'fastify'

/**
 * A request of a route, with the parameters of its path. `onRequest` comes before the validation by a schema, so that
 * they are strings there.
 */
export type RouteRequest = FastifyRequest<{ Params: Readonly<Record<string, string>> }>

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `context.native` is the request of Fastify,
 * with the parameters of the route and its options: `native?.params.id`, `native?.routeOptions.url`. Give your own type
 * of the request as `defineGuard<FastifyRequest<…>>(…)`, which is not checked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const defineGuard: <Native = RouteRequest>(init: GuardInit<Native>) => Guard = define
