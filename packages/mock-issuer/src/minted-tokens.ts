import { randomBytes } from 'node:crypto'
import { type AccessTokenOptions, type Claims, defaultClaims, mintAccessToken, type Minting } from './access-token.ts'
import { keepNewest } from './newest.ts'

export interface OpaqueTokenOptions {
  /** The token itself. Default: a random one. */
  readonly token?: string
}

/** The good tokens of an issuer, which it remembers in order to tell about them; wrong tokens are not among them. */
export interface MintedTokens {
  readonly accessToken: (claims: Claims, options: AccessTokenOptions) => Promise<string>
  readonly opaqueToken: (claims: Claims, options: OpaqueTokenOptions) => Promise<string>
  readonly revoke: (token: string) => void
  /** The claims of a token that is good at this moment. */
  readonly find: (token: string) => Claims | undefined
}

export function createMintedTokens(minting: Minting): MintedTokens {
  const minted = new Map<string, Claims | 'revoked'>()

  function remember(token: string, claims: Claims): string {
    minted.delete(token)
    minted.set(token, claims)
    keepNewest(minted)
    return token
  }

  return {
    accessToken: async (claims, options) => {
      const all = { ...defaultClaims(minting), ...claims }
      return remember(await mintAccessToken(minting, all, options), all)
    },
    opaqueToken: async (claims, { token = newToken() }) => {
      if (typeof token !== 'string' || token === '') {
        throw new TypeError('Expected `token` to be a string that is not empty')
      }
      return remember(token, { ...defaultClaims(minting), token_type: 'Bearer', ...claims })
    },
    revoke: (token) => {
      if (!minted.has(token)) {
        throw new TypeError('Expected a token that this issuer minted: one of `accessToken` or `opaqueToken`')
      }
      minted.set(token, 'revoked')
    },
    find: (token) => {
      const claims = minted.get(token)
      return claims !== undefined && claims !== 'revoked' && isTimely(claims, minting.clock()) ? claims : undefined
    },
  }
}

function newToken(): string {
  return `opaque_${randomBytes(32).toString('base64url')}`
}

/** What is no number is the wish of a test, and does not count. */
function isTimely({ exp, nbf }: Claims, now: number): boolean {
  const isExpired = typeof exp === 'number' && exp * 1000 <= now
  const isEarly = typeof nbf === 'number' && nbf * 1000 > now
  return !isExpired && !isEarly
}
