import type { WarnOfDialect } from '../claims/warn-of-dialect.ts'
import type { ReadClaims } from '../claims/read-claims.ts'
import { validateJwtClaims } from '../claims/registered-claims.ts'
import { claimsFault } from '../claims/validate-claims.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { Clock } from '../lib/clock.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { type ClaimsPolicy, createValidatedToken, type ValidatedToken } from '../validated-token.ts'
import type { CachedJwt, JwtCache } from './jwt-cache.ts'
import type { ParsedJwt } from './parse-jwt.ts'
import { verifySignature } from './verify-signature.ts'

/** Step 3 for the JWTs of one issuer. */
export interface JwtValidator {
  /** Verifies the signature and the types of the claims, and caches a token that step 4 accepts now. */
  readonly validate: (jwt: ParsedJwt) => Promise<ValidatedToken>
  /** Whether a cached token still counts: the issuer has the same settings, and the key is among its current keys. */
  readonly trusts: (cached: CachedJwt, now: number) => boolean
}

export function createJwtValidator(options: {
  readonly issuer: string
  readonly keys: KeySource
  readonly algorithms: readonly string[]
  readonly readClaims: ReadClaims
  readonly warnOfDialect: WarnOfDialect
  readonly policy: ClaimsPolicy
  readonly cache: JwtCache
  /** Stands for the settings of the issuer. Other settings are another object. */
  readonly settings: object
  readonly clock: Clock
}): JwtValidator {
  const { issuer, keys, algorithms, readClaims, warnOfDialect, policy, cache, settings, clock } = options

  return {
    validate: async (jwt) => {
      cache.note('miss')
      const key = await verifySignature(jwt, { issuer, keys }, algorithms)
      const claims = deepFreeze(validateJwtClaims(jwt.claims))
      const facts = { kind: 'jwt', issuer, introspectedAt: undefined, policy } as const
      const token = createValidatedToken(claims, { ...facts, ...readClaims(claims, Object.freeze(jwt.header)) })
      const fault = claimsFault(token, clock())
      warnOfDialect(token, fault)
      // A token that step 4 refuses takes no room from good ones.
      if (fault === undefined) {
        cache.set(jwt.token, { token, key, settings })
      }
      return token
    },
    trusts: (cached, now) => cached.settings === settings && keys.trusts(cached.key, now),
  }
}
