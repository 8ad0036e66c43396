import { describe, invalidOption } from '../../lib/invalid-option.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import { hash } from '../../lib/recent-node.ts'
import { callApplication } from '../../responses/error-response.ts'
import { type ClientAuthentication, type Presented, presenting } from './client-authentication.ts'

/**
 * An access token of this API for the introspection endpoint (RFC 7662 §2.1). A function must return a current token
 * within the deadline of the call. An error of the function is a failure (500). A shared `cache` does not distinguish
 * two functions: two clients to which the server responds differently need a cache each.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a value that is no token.
 */
export function bearerToken(token: string | (() => MaybePromise<string>)): ClientAuthentication {
  if (typeof token !== 'function') {
    expectBearerToken(token, invalidOption)
  }
  const identity = typeof token === 'function' ? 'changing' : hash('sha256', token)
  const present = async (): Promise<Presented> => {
    const current = typeof token === 'function' ? await callApplication(token) : token
    expectBearerToken(current, (message) => new TypeError(message))
    return { headers: { authorization: `Bearer ${current}` }, parameters: {} }
  }
  return presenting({ method: 'bearer', clientId: undefined }, present, identity)
}

function expectBearerToken(token: unknown, error: (message: string) => Error): void {
  if (typeof token !== 'string' || !/^[\w.~+/-]+=*$/.test(token)) {
    throw error(`Expected the bearer token to be a token, without the word Bearer, got ${describe(token)}`)
  }
}
