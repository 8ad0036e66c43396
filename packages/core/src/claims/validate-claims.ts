import type { AccessTokenClaims, JwtClaims } from '../access-token.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { ParsedJwt } from '../jwt/parse-jwt.ts'
import { expectAccessToken } from './token-kind.ts'

export interface ClaimsPolicy {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly profile: 'rfc9068' | undefined
  /** Milliseconds, as the next. */
  readonly maxLifetime: number | undefined
  readonly clockTolerance: number
}

/**
 * Judges the claims of a JWT whose signature is good: issuer, type, times, audience (RFC 7519 §4.1, RFC 9068 §4). It
 * does not look at scopes, which are a route's affair.
 */
export function judgeClaims(jwt: ParsedJwt, policy: ClaimsPolicy, now: number): JwtClaims {
  const claims = expectClaimTypes(jwt.claims)
  if (claims.iss !== policy.issuer) {
    throw invalidToken('untrusted-issuer')
  }
  expectAccessToken(jwt, policy.profile)
  judgeTimes(claims, policy, now / 1000)
  judgeAudience(claims.aud, policy.audience)
  return claims
}

/** Registered claims have the types of RFC 7519 §4.1; `iss`, `exp` and `aud` are there. Nothing is coerced. */
function expectClaimTypes(claims: Readonly<Record<string, unknown>>): JwtClaims {
  const { iss, aud, exp } = claims
  if (iss === undefined || aud === undefined || exp === undefined) {
    throw invalidToken('missing-claim')
  }
  if (!isWellTyped(claims)) {
    throw invalidToken('malformed-claim')
  }
  return claims as JwtClaims
}

/** The registered claims that are there have the types that RFC 7519 §4.1 and RFC 7662 §2.2 give them. */
export function isWellTyped(claims: Readonly<Record<string, unknown>>): claims is AccessTokenClaims {
  const { iss, sub, jti, client_id: clientId, exp, nbf, iat, aud } = claims
  return (
    isText(iss) &&
    isText(sub) &&
    isText(jti) &&
    isText(clientId) &&
    isNumber(exp) &&
    isNumber(nbf) &&
    isNumber(iat) &&
    (aud === undefined || isAudience(aud))
  )
}

function isText(claim: unknown): boolean {
  return claim === undefined || typeof claim === 'string'
}

function isNumber(claim: unknown): boolean {
  return claim === undefined || Number.isFinite(claim)
}

function isAudience(aud: unknown): aud is string | readonly string[] {
  return typeof aud === 'string' || (Array.isArray(aud) && aud.every((one) => typeof one === 'string'))
}

type Times = { readonly [Name in 'exp' | 'nbf' | 'iat']?: number | undefined }

/** Seconds, fractions allowed (RFC 7519 §2). The tolerance widens the window on both sides. */
export function judgeTimes(
  { exp, nbf, iat }: Times,
  { clockTolerance, maxLifetime }: Pick<ClaimsPolicy, 'clockTolerance' | 'maxLifetime'>,
  now: number,
): void {
  const tolerance = clockTolerance / 1000
  // As the negation of what has to hold, so that a clock that tells no time lets nobody through.
  if (exp !== undefined && !(now - tolerance < exp)) {
    throw invalidToken('expired')
  }
  if (nbf !== undefined && !(now + tolerance >= nbf)) {
    throw invalidToken('not-yet-valid')
  }
  if (maxLifetime === undefined) {
    return
  }
  if (exp !== undefined && exp - now > maxLifetime / 1000) {
    throw invalidToken('lifetime-too-long')
  }
  if (iat !== undefined && now + tolerance < iat) {
    throw invalidToken('issued-in-the-future')
  }
}

/** One of ours is in it, compared exactly (RFC 7519 §4.1.3). */
export function judgeAudience(aud: string | readonly string[], expected: readonly string[]): void {
  for (const audience of expected) {
    if (typeof aud === 'string' ? aud === audience : aud.includes(audience)) {
      return
    }
  }
  throw invalidToken('wrong-audience')
}
