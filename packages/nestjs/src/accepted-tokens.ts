import type { ExecutionContext } from '@nestjs/common'
import type { AccessToken, RawClaims } from '@tollgate/core'
import { callOf } from './calls.ts'

/** The tokens of the calls that passed, by the object that stands for the call, and by handler. */
const acceptedTokens = new WeakMap<object, WeakMap<object, AccessToken | undefined>>()

/** Stores the token of a call that passed. A socket is the same object for all its messages, so the handler counts too. */
export function acceptToken(context: ExecutionContext, token: AccessToken<unknown> | undefined): void {
  const call = callOf(context)
  if (call === undefined) {
    return
  }
  const byHandler = acceptedTokens.get(call) ?? new WeakMap<object, AccessToken | undefined>()
  acceptedTokens.set(call, byHandler.set(context.getHandler(), token as AccessToken | undefined))
}

/**
 * The access token of a call, for interceptors, pipes and parameter decorators of the application. It does NOT validate
 * anything: the guard has done so.
 *
 * @throws TypeError when no guard of Tollgate ran, such as on a `@Public()` route, and for a request without credentials.
 */
export function tokenOf<Claims = RawClaims>(context: ExecutionContext): AccessToken<Claims> {
  const token = optionalTokenOf<Claims>(context)
  if (token === undefined) {
    throw new TypeError('This request has no token, because its route is @OptionalAuth(): use @Auth.optional() there')
  }
  return token
}

/** The same, and `undefined` for a request without credentials on an `@OptionalAuth()` route. */
export function optionalTokenOf<Claims = RawClaims>(context: ExecutionContext): AccessToken<Claims> | undefined {
  const byHandler = acceptedTokens.get(callOf(context) ?? {})
  const handler = context.getHandler()
  if (byHandler?.has(handler) !== true) {
    throw new TypeError(
      'This request was not authenticated: its route is @Public(), or the application does not import TollgateModule',
    )
  }
  return byHandler.get(handler) as AccessToken<Claims> | undefined
}
