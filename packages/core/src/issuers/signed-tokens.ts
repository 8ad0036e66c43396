import { createJwtAccessToken, type JwtAccessToken } from '../access-token.ts'
import type { Clock } from '../clock.ts'
import type { Outside } from '../http/shared.ts'
import type { KeyOrigin } from '../keys/key-origin.ts'
import { discoveredKeys, inlineKeys, type KeySource, remoteKeys, sharedSecret } from '../keys/key-source.ts'
import { onBehalfOf } from '../unavailable.ts'
import { type ClaimsPolicy, judgeClaims } from './judge-claims.ts'
import { verifyJwt } from './jwt.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/** The JWTs of one issuer. */
export interface SignedTokens {
  readonly validate: (jwt: ParsedJwt) => Promise<JwtAccessToken>
}

export interface SignedTokensPolicy extends ClaimsPolicy {
  readonly algorithms: readonly string[]
}

export function createSignedTokens(keys: KeySource, policy: SignedTokensPolicy, clock: Clock): SignedTokens {
  return {
    validate: async (jwt) => {
      await onBehalfOf(policy.issuer, () => verifyJwt(jwt, keys, policy.algorithms))
      return createJwtAccessToken(policy.issuer, jwt.token, judgeClaims(jwt, policy, clock()))
    },
  }
}

export function keySourceOf(issuer: string, keys: KeyOrigin, outside: Outside): KeySource {
  switch (keys.from) {
    case 'metadata':
      return discoveredKeys(issuer, outside)
    case 'url':
      return remoteKeys(keys.url, outside)
    case 'inline':
      return inlineKeys(keys.jwks)
    case 'secret':
      return sharedSecret(keys.secret)
  }
}
