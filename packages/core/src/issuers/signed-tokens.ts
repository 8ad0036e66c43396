import type { JSONWebKeySet } from 'jose'
import { createJwtAccessToken, type Grant, type JwtAccessToken } from '../access-token.ts'
import type { Clock } from '../clock.ts'
import type { Outside } from '../http/shared.ts'
import { discoveredKeys } from '../keys/discovered-keys.ts'
import type { KeyOrigin } from '../keys/key-origin.ts'
import { type FetchedKeys, inlineKeys, type KeySource, sharedSecret } from '../keys/key-source.ts'
import { remoteKeys } from '../keys/remote-keys.ts'
import { seededKeys } from '../keys/seeded-keys.ts'
import { onBehalfOf } from '../unavailable.ts'
import { type ClaimsPolicy, judgeClaims } from './judge-claims.ts'
import { verifyJwt } from './jwt.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/** The JWTs of one issuer. */
export interface SignedTokens {
  readonly validate: (jwt: ParsedJwt) => Promise<JwtAccessToken>
}

export interface SignedTokensPolicy extends ClaimsPolicy, Grant {
  readonly algorithms: readonly string[]
}

export function createSignedTokens(keys: KeySource, policy: SignedTokensPolicy, clock: Clock): SignedTokens {
  return {
    validate: async (jwt) => {
      await onBehalfOf(policy.issuer, () => verifyJwt(jwt, keys, policy.algorithms))
      return createJwtAccessToken(policy, jwt.token, judgeClaims(jwt, policy, clock()))
    },
  }
}

export function keySourceOf(issuer: string, keys: KeyOrigin, outside: Outside): KeySource {
  switch (keys.from) {
    case 'metadata':
      return seeded(keys.seed, issuer, discoveredKeys(issuer, outside), outside)
    case 'url':
      return seeded(keys.seed, issuer, remoteKeys(keys.url, outside), outside)
    case 'inline':
      return inlineKeys(keys.jwks)
    case 'secret':
      return sharedSecret(keys.secret)
  }
}

function seeded(seed: JSONWebKeySet | undefined, issuer: string, source: FetchedKeys, outside: Outside): KeySource {
  return seed === undefined ? source : seededKeys(seed, issuer, source, outside)
}
