import { invalidToken } from '../responses/refusal.ts'
import type { RefusalReason } from '../responses/refusal-reasons.ts'
import type { ValidatedToken } from '../validated-token.ts'
import { isForApi, isForOrganization } from './organization.ts'
import { audienceAt } from './read-claims.ts'
import { absentIn } from './registered-claims.ts'

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
export interface ClaimsFault {
  readonly reason: RefusalReason
  readonly claimPaths: readonly string[]
}

const fault = (reason: RefusalReason, ...claimPaths: readonly string[]): ClaimsFault => ({ reason, claimPaths })

/** The first fault of the claims at this time (in milliseconds). `undefined` when there is none. */
export function claimsFault(token: ValidatedToken, now: number): ClaimsFault | undefined {
  return kindFault(token) ?? timeFault(token, now / 1000) ?? audienceFault(token)
}

/** RFC 8725 §3.11, §3.12. For JWTs the profile demands the claims of RFC 9068 §2.2. */
function kindFault({ kind, policy, statedKind, claims }: ValidatedToken): ClaimsFault | undefined {
  const missing = kind === 'jwt' && policy.profile !== undefined ? absentIn(claims, claimsOfProfile) : []
  if (missing.length > 0) {
    return fault('missing-claim', ...missing)
  }
  return statedKind?.kind === 'other' ? fault('wrong-token-type', ...statedKind.by) : undefined
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

/** The claim for the audience contains one of the expected ones, compared exactly (RFC 7519 §4.1.3). */
function audienceFault({ kind, audience, claims, policy }: ValidatedToken): ClaimsFault | undefined {
  // The guards of a route decide about the token of an organization.
  if (isForApi(audience, policy) || (policy.organizations === 'enforced' && isForOrganization(audience))) {
    return undefined
  }
  if (audience.length > 0) {
    return fault('wrong-audience', policy.audienceClaim)
  }
  if (policy.missingAudience === 'refuse') {
    return fault(kind === 'jwt' ? 'missing-claim' : 'missing-audience', policy.audienceClaim)
  }
  // Where another claim counts, `aud` must not name another API alone.
  const aud = audienceAt(claims, ['aud'])
  return aud.length === 0 || isForApi(aud, policy) ? undefined : fault('wrong-audience', 'aud')
}
