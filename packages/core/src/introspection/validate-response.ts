import type { IntrospectedClaims } from '../access-token.ts'
import { invalidToken } from '../responses/refusal.ts'
import { judgeAudience, judgeTimes } from '../claims/validate-claims.ts'

export interface AnswerPolicy {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly missingAudience: 'refuse' | 'trust'
  /** Milliseconds, as the next. */
  readonly maxLifetime: number | undefined
  readonly clockTolerance: number
}

/**
 * Judges what a server said of an active token, at this moment: the members that RFC 7662 §2.2 has and §4 wants checked,
 * when they are there, and that `aud` is.
 */
export function judgeAnswer(claims: IntrospectedClaims, policy: AnswerPolicy, now: number): void {
  if (claims.iss !== undefined && claims.iss !== policy.issuer) {
    throw invalidToken('untrusted-issuer')
  }
  expectAccessToken(claims)
  judgeTimes(claims, policy, now / 1000)
  if (claims.aud !== undefined) {
    judgeAudience(claims.aud, policy.audience)
  } else if (policy.missingAudience === 'refuse') {
    throw invalidToken('missing-audience')
  }
}

const accessTokenTypes: ReadonlySet<string> = new Set([
  'bearer',
  'dpop',
  'access_token',
  'urn:ietf:params:oauth:token-type:access_token',
])

/** `token_type` as of RFC 6749 §5.1; some servers say the kind instead, there or in `token_use` (Hydra) or `typ` (Keycloak). */
function expectAccessToken(claims: IntrospectedClaims): void {
  const { token_type: type = 'Bearer', token_use: use, typ } = claims
  const isOther = [use, typ].some((word) => typeof word === 'string' && /^(refresh|id|logout)/i.test(word))
  if (isOther || !accessTokenTypes.has(type.toLowerCase())) {
    throw invalidToken('wrong-token-type')
  }
}
