import type { RawClaims } from '../access-token.ts'
import { expectFunction, expectOptions } from '../lib/invalid-option.ts'
import { isRefusal } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'
import { type AuthInfo, toAuthInfo } from './auth-info.ts'
import { expectValidator } from './mcp-options.ts'

/** The `OAuthTokenVerifier` of the MCP SDK, version 1 and 2. */
export interface TokenVerifier<Claims = RawClaims> {
  verifyAccessToken(token: string): Promise<VerifiedAuthInfo<Claims>>
}

/** `expiresAt` is always there, because the SDK refuses a token without it. */
export type VerifiedAuthInfo<Claims = RawClaims> = AuthInfo<Claims> & { expiresAt: number }

/** The options of `createTokenVerifier`. */
export interface TokenVerifierOptions {
  /**
   * Creates the error for a refused token, because the SDK recognises only its own classes. Version 1: `(message) => new
   * InvalidTokenError(message)`. Version 2: `(message) => new OAuthError(OAuthErrorCode.InvalidToken, message)`.
   */
  readonly invalidToken: (message: string) => Error
}

/** In seconds. The SDK checks the time once, for this request. */
const assumedLifetime = 60

/**
 * Creates a verifier for frameworks that take only a verifier. With `requireBearerAuth` of the SDK, `createBearerAuth` of
 * the adapters is the better choice: there, an outage stays 503, and every refusal has our challenge.
 *
 * A refused token is the error of `invalidToken`, with the `Refusal` as its `cause`. A token whose issuer states no
 * expiration gets an `expiresAt` one minute ahead. A token that is bound to a key or a certificate is refused, because the
 * SDK passes no request. It does NOT check `Origin`, nor scopes: give them to `requiredScopes` of the SDK.
 *
 * **The SDK responds to an outage with 500**, because it has no error for 503.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function createTokenVerifier<Claims>(
  validator: Validator<Claims>,
  options: TokenVerifierOptions,
): TokenVerifier<Claims> {
  expectValidator(validator)
  const { invalidToken } = expectOptions(options, 'the options of createTokenVerifier', ['invalidToken'])
  expectFunction(invalidToken, 'invalidToken')
  return {
    async verifyAccessToken(token) {
      try {
        return withExpiration(toAuthInfo(await validator.validate(token)))
      } catch (error) {
        throw isRefusal(error) ? Object.assign(invalidToken(error.message), { cause: error }) : error
      }
    },
  }
}

/** Adds `expiresAt` to a token without one. */
export function withExpiration<Claims>(info: AuthInfo<Claims>): VerifiedAuthInfo<Claims> {
  return Object.assign(info, { expiresAt: info.expiresAt ?? Math.floor(Date.now() / 1000) + assumedLifetime })
}
