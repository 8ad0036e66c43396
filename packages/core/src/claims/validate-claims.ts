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
    throw invalidToken(fault.reason, fault.claimPaths)
  }
}

/** The reason of a refusal, and the claims that caused it. */
interface ClaimsFault {
  readonly reason: RefusalReason
  readonly claimPaths: readonly string[]
}

const fault = (reason: RefusalReason, ...claimPaths: readonly string[]): ClaimsFault => ({ reason, claimPaths })

/** The first fault of the claims at this time (in milliseconds). `undefined` when there is none. */
export function claimsFault(token: ValidatedToken, now: number): ClaimsFault | undefined {
  return kindFault(token) ?? timeFault(token, now / 1000) ?? audienceFault(token)
}

/** RFC 8725 §3.11, §3.12. For JWTs the profile demands the claims of RFC 9068 §2.2, and a header that says `at+jwt`. */
function kindFault({ kind, policy, statedKind, claims }: ValidatedToken): ClaimsFault | undefined {
  if (policy.profile === undefined || kind === 'opaque') {
    return statedKind === 'other' ? fault('wrong-token-type') : undefined
  }
  const missing = absentIn(claims, claimsOfProfile)
  if (missing.length > 0) {
    return fault('missing-claim', ...missing)
  }
  return statedKind === 'access-token' ? undefined : fault('wrong-token-type')
}

function absentIn(claims: Readonly<Record<string, unknown>>, names: readonly string[]): readonly string[] {
  return names.filter((name) => own(claims, name) === undefined)
}

const claimsOfProfile = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

/** In seconds, fractions allowed (RFC 7519 §2). The tolerance widens the time window on both sides. */
function timeFault({ exp, nbf, iat, policy }: ValidatedToken, now: number): ClaimsFault | undefined {
  const tolerance = policy.clockTolerance / 1000
  // Each comparison is the negation of the accepting one, so that a clock that returns NaN accepts nothing.
  if (exp !== undefined && !(now - tolerance < exp)) {
    return fault('expired', 'exp')
  }
  if (nbf !== undefined && !(now + tolerance >= nbf)) {
    return fault('not-yet-valid', 'nbf')
  }
  if (policy.maxLifetime === undefined) {
    return undefined
  }
  if (exp !== undefined && !(exp - now <= policy.maxLifetime / 1000)) {
    return fault('lifetime-too-long', 'exp')
  }
  return iat !== undefined && !(now + tolerance >= iat) ? fault('issued-in-the-future', 'iat') : undefined
}

/** One expected audience is in `aud`, compared exactly (RFC 7519 §4.1.3). */
function audienceFault({ kind, audience, policy }: ValidatedToken): ClaimsFault | undefined {
  if (policy.audience.some((expected) => audience.includes(expected))) {
    return undefined
  }
  if (kind === 'jwt' || audience.length > 0) {
    return fault('wrong-audience', 'aud')
  }
  return policy.missingAudience === 'trust' ? undefined : fault('missing-audience', 'aud')
}

/**
 * The claims of a JWT: `iss`, `exp` and `aud` are there, and the registered claims have their types. No value is
 * converted.
 *
 * @throws Refusal 401 `missing-claim` or `malformed-claim`.
 */
export function validateJwtClaims(claims: Readonly<Record<string, unknown>>): JwtClaims {
  const missing = absentIn(claims, ['iss', 'aud', 'exp'])
  if (missing.length > 0) {
    throw invalidToken('missing-claim', missing)
  }
  if (!isWellTyped(claims)) {
    throw invalidToken('malformed-claim', malformedIn(claims))
  }
  return claims as JwtClaims
}

/** Whether the registered claims that are present have the types of RFC 7519 §4.1 and RFC 7662 §2.2. */
export function isWellTyped(claims: Readonly<Record<string, unknown>>): claims is AccessTokenClaims {
  return malformedIn(claims).length === 0
}

function malformedIn(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const isMalformed = ([name, hasType]: (typeof types)[number]): boolean => {
    const claim = own(claims, name)
    return claim !== undefined && !hasType(claim)
  }
  return types.filter(isMalformed).map(([name]) => name)
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
