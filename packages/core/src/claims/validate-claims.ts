import type { AccessTokenClaims, JwtClaims } from '../access-token.ts'
import { own } from '../lib/record.ts'
import { invalidToken, type RefusalReason } from '../responses/refusal.ts'
import type { ValidatedToken } from '../validated-token.ts'

/**
 * Step 4, on every request, cached or not: the kind of token, its times and its audience (RFC 7519 §4.1, RFC 9068 §4).
 * It does not check scopes, because scopes belong to a route.
 *
 * @throws Refusal 401 `invalid_token`.
 */
export function validateClaims(token: ValidatedToken, now: number): void {
  const fault = claimsFault(token, now)
  if (fault !== undefined) {
    throw invalidToken(fault)
  }
}

/** The first fault of the claims at this time (in milliseconds). `undefined` when there is none. */
export function claimsFault(token: ValidatedToken, now: number): RefusalReason | undefined {
  return kindFault(token) ?? timeFault(token, now / 1000) ?? audienceFault(token)
}

/** RFC 8725 §3.11, §3.12. For JWTs the profile demands the claims of RFC 9068 §2.2, and a header that says `at+jwt`. */
function kindFault({ kind, policy, statedKind, claims }: ValidatedToken): RefusalReason | undefined {
  if (policy.profile === undefined || kind === 'opaque') {
    return statedKind === 'other' ? 'wrong-token-type' : undefined
  }
  if (claimsOfProfile.some((name) => own(claims, name) === undefined)) {
    return 'missing-claim'
  }
  return statedKind === 'access-token' ? undefined : 'wrong-token-type'
}

const claimsOfProfile = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

/** In seconds, fractions allowed (RFC 7519 §2). The tolerance widens the time window on both sides. */
function timeFault({ exp, nbf, iat, policy }: ValidatedToken, now: number): RefusalReason | undefined {
  const tolerance = policy.clockTolerance / 1000
  // Each comparison is the negation of the accepting one, so that a clock that returns NaN accepts nothing.
  if (exp !== undefined && !(now - tolerance < exp)) {
    return 'expired'
  }
  if (nbf !== undefined && !(now + tolerance >= nbf)) {
    return 'not-yet-valid'
  }
  if (policy.maxLifetime === undefined) {
    return undefined
  }
  if (exp !== undefined && !(exp - now <= policy.maxLifetime / 1000)) {
    return 'lifetime-too-long'
  }
  return iat !== undefined && !(now + tolerance >= iat) ? 'issued-in-the-future' : undefined
}

/** One expected audience is in `aud`, compared exactly (RFC 7519 §4.1.3). */
function audienceFault({ kind, audience, policy }: ValidatedToken): RefusalReason | undefined {
  if (policy.audience.some((expected) => audience.includes(expected))) {
    return undefined
  }
  if (kind === 'jwt' || audience.length > 0) {
    return 'wrong-audience'
  }
  return policy.missingAudience === 'trust' ? undefined : 'missing-audience'
}

/**
 * The claims of a JWT: `iss`, `exp` and `aud` are there, and the registered claims have their types. No value is
 * converted.
 *
 * @throws Refusal 401 `missing-claim` or `malformed-claim`.
 */
export function validateJwtClaims(claims: Readonly<Record<string, unknown>>): JwtClaims {
  if (['iss', 'aud', 'exp'].some((name) => own(claims, name) === undefined)) {
    throw invalidToken('missing-claim')
  }
  if (!isWellTyped(claims)) {
    throw invalidToken('malformed-claim')
  }
  return claims as JwtClaims
}

/** Whether the registered claims that are present have the types of RFC 7519 §4.1 and RFC 7662 §2.2. */
export function isWellTyped(claims: Readonly<Record<string, unknown>>): claims is AccessTokenClaims {
  return types.every(([name, hasType]) => {
    const claim = own(claims, name)
    return claim === undefined || hasType(claim)
  })
}

const isString = (claim: unknown): boolean => typeof claim === 'string'

const types = Object.entries<(claim: unknown) => boolean>({
  iss: isString,
  sub: isString,
  jti: isString,
  client_id: isString,
  exp: Number.isFinite,
  nbf: Number.isFinite,
  iat: Number.isFinite,
  aud: (claim) => isString(claim) || (Array.isArray(claim) && claim.every(isString)),
})
