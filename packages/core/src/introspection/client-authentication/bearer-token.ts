import { hash } from 'node:crypto'
import { callUserFunction } from '../../responses/error-response.ts'
import { describe, invalidOption } from '../../lib/invalid-option.ts'
import { type ClientAuthentication, defineClientAuthentication } from './client-authentication.ts'

/**
 * An access token of our own for the introspection endpoint (RFC 7662 §2.1), or a function that has a current one; what
 * the function throws is a failure (500), and it has to answer within the deadline of the call. A shared `cache` does not tell
 * two functions apart: callers that the server answers differently need a cache each.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for what is no token.
 */
export function bearerToken(token: string | (() => string | Promise<string>)): ClientAuthentication {
  if (typeof token !== 'function') {
    expectBearerToken(token, invalidOption)
  }
  const identity = typeof token === 'function' ? 'changing' : hash('sha256', token)
  return defineClientAuthentication({ method: 'bearer', clientId: undefined }, () => ({
    identity,
    present: async () => {
      const current = typeof token === 'function' ? await callUserFunction(token) : token
      expectBearerToken(current, (message) => new TypeError(message))
      return { headers: { authorization: `Bearer ${current}` } }
    },
  }))
}

function expectBearerToken(token: unknown, error: (message: string) => Error): void {
  if (typeof token !== 'string' || !/^[\w.~+/-]+=*$/.test(token)) {
    throw error(
      `Expected the bearer token of the introspection endpoint to be a token, without the word Bearer, got ${describe(token)}`,
    )
  }
}
