import { claims, defineGuard, Refusal } from '@tollgate/nestjs'
import type { Request } from 'express'

export const sameTenant = claims(({ tenant }) => tenant === 'acme', 'wrong-tenant')

/** `native` is the request of the platform, with the parameters of the route. */
export const ownAccount = defineGuard<Request>({
  check: (token, { native }) =>
    native?.params['id'] === token.subject ? 'pass' : new Refusal({ reason: 'not-the-owner' }),
})
