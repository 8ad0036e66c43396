import { randomBytes } from 'node:crypto'
import {
  type AccessTokenOptions,
  type Claims,
  signAccessToken,
  type TokenSource,
  withDefaultClaims,
} from './access-token.ts'
import { deleteOldest } from './newest-entries.ts'
import { expectText, ownMembers } from './options.ts'

/** The options of `opaqueToken`. */
export interface OpaqueTokenOptions {
  /** The token string. Default: a random string. */
  readonly token?: string
}

/** The valid tokens that the issuer has issued, for introspection. It does not contain wrong tokens. */
export interface IssuedTokens {
  readonly accessToken: (claims?: Claims, options?: AccessTokenOptions) => Promise<string>
  readonly opaqueToken: (claims?: Claims, options?: OpaqueTokenOptions) => Promise<string>
  readonly revoke: (token: string) => void
  /** The claims of a token that is active now. */
  readonly find: (token: string) => Claims | undefined
}

export function createIssuedTokens(source: TokenSource): IssuedTokens {
  const issued = new Map<string, Claims | 'revoked'>()

  function store(token: string, claims: Claims): string {
    // A token that is issued again is the newest entry again.
    issued.delete(token)
    issued.set(token, claims)
    deleteOldest(issued)
    return token
  }

  return {
    accessToken: async (claims = {}, options = {}) => {
      const allClaims = withDefaultClaims(source, claims)
      return store(await signAccessToken(source, allClaims, options), allClaims)
    },
    opaqueToken: async (claims = {}, options = {}) => {
      const { token = randomToken() } = ownMembers(options, 'the options of `opaqueToken`', ['token'])
      expectText(token, 'token')
      return store(token, withDefaultClaims(source, { token_type: tokenType(claims), ...claims }))
    },
    revoke: (token) => {
      if (!issued.has(token)) {
        throw new TypeError('Expected a token that `accessToken` or `opaqueToken` of this issuer has returned')
      }
      issued.set(token, 'revoked')
    },
    find: (token) => {
      const claims = issued.get(token)
      return claims !== undefined && claims !== 'revoked' && isActive(claims, source.clock()) ? claims : undefined
    },
  }
}

/** RFC 9449 §6.2: the introspection response for a token that is bound to a DPoP key has the type `DPoP`. */
function tokenType({ cnf }: Claims): string {
  return typeof cnf === 'object' && cnf !== null && Object.hasOwn(cnf, 'jkt') ? 'DPoP' : 'Bearer'
}

function randomToken(): string {
  return `opaque_${randomBytes(32).toString('base64url')}`
}

/** Ignores an `exp` or `nbf` that is no number, because a test may need such a response. */
function isActive(claims: Claims, now: number): boolean {
  const { exp, nbf }: Claims = { exp: undefined, nbf: undefined, ...claims }
  const isExpired = typeof exp === 'number' && exp * 1000 <= now
  const isEarly = typeof nbf === 'number' && nbf * 1000 > now
  return !isExpired && !isEarly
}
