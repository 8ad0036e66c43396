import { defineGuard as define, type Guard, type GuardInit } from '@tollgate/core'
import type { NestRequest } from './calls.ts'

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `context.native` is the request of Express or
 * Fastify, with the parameters of the route. In a gateway it is the upgrade request. Give its type where you read more:
 * `defineGuard<Request>(…)` with that of Express, which is not checked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const defineGuard: <Native = NestRequest>(init: GuardInit<Native>) => Guard = define
