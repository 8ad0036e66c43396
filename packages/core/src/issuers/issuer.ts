import { type AccessToken, createAccessToken } from '../access-token.ts'
import type { Outside } from '../http/shared.ts'
import type { KeyOrigin } from '../keys/key-origin.ts'
import { discoveredKeys, inlineKeys, type KeySource, remoteKeys, sharedSecret } from '../keys/key-source.ts'
import { Unavailable, UpstreamError } from '../unavailable.ts'
import { judgeClaims } from './judge-claims.ts'
import { verifyJwt } from './jwt.ts'
import type { ParsedJwt } from './parse-jwt.ts'
import { settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/** A trusted issuer at work: it has its keys, and judges the tokens that name it. */
export interface Issuer {
  /** Verifies the signature with the keys of this issuer; an `Unavailable` when they cannot be had. */
  readonly verify: (jwt: ParsedJwt) => Promise<void>
  /** Judges what a verified JWT claims, at this moment. */
  readonly judgeClaims: (jwt: ParsedJwt) => AccessToken
}

export interface IssuerPolicy extends Outside {
  /** The audience of the validator, for issuers without one of their own. */
  readonly audience: readonly string[]
  /** Milliseconds. */
  readonly clockTolerance: number
}

export function createIssuer(issuer: TrustedIssuer, policy: IssuerPolicy): Issuer {
  const { url } = issuer
  const { algorithms, audience = policy.audience, profile, maxLifetime, keys: origin } = settingsOf(issuer)
  const claimsPolicy = { issuer: url, audience, profile, maxLifetime, clockTolerance: policy.clockTolerance }
  const keys = keySourceOf(url, origin, policy)

  async function verify(jwt: ParsedJwt): Promise<void> {
    try {
      await verifyJwt(jwt, keys, algorithms)
    } catch (error) {
      throw error instanceof UpstreamError ? new Unavailable(url, error) : error
    }
  }

  return {
    verify,
    judgeClaims: (jwt) => createAccessToken(url, jwt.token, judgeClaims(jwt, claimsPolicy, policy.clock())),
  }
}

function keySourceOf(issuer: string, keys: KeyOrigin, outside: Outside): KeySource {
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
