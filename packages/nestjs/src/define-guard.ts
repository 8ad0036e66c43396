import { defineGuard as defineGuardFor, type Guard, type GuardInit } from '@tollgate/core'
import type { NestRequest } from './calls.ts'

/**
 * Creates a guard of the application, as `defineGuard` of the core does. `native` is the request of Express or Fastify. In
 * a gateway it is the upgrade request. Name its type where you read more: `defineGuard<Request>({ … })` of Express.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function defineGuard<Native = NestRequest>(init: GuardInit<Native>): Guard {
  return defineGuardFor<Native>(init)
}
