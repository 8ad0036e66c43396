import type { AccessToken, IntrospectedClaims } from '../access-token.ts'
import type { WarnOfDialect } from '../claims/warn-of-dialect.ts'
import { valueAt } from '../claims/claim-path.ts'
import type { ReadClaims } from '../claims/read-claims.ts'
import { claimsFault } from '../claims/validate-claims.ts'
import type { Clock } from '../lib/clock.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { invalidToken } from '../responses/refusal.ts'
import { type ClaimsPolicy, createValidatedToken, type ValidatedToken } from '../validated-token.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { Introspector } from './introspector.ts'

/** Step 3 for the tokens of one issuer that are introspected. */
export interface OpaqueValidator {
  /** The statements of the issuer about the token. Step 4 validates the values of the claims. */
  readonly validate: (text: string) => Promise<ValidatedToken>
  /** The statements about a token, no older than `within` milliseconds. `undefined` when the token is as recent. */
  readonly confirm: (token: AccessToken, within: number) => Promise<ValidatedToken | undefined>
}

/**
 * @throws Refusal 401 `inactive`, or `untrusted-issuer` when the response names another issuer (RFC 7662 §2.2).
 * UpstreamError when the token cannot be introspected.
 */
export function createOpaqueValidator(options: {
  readonly issuer: string
  readonly introspector: Introspector
  readonly readClaims: ReadClaims
  /** The same for a response about a JWT, whose own claims state its kind. */
  readonly readClaimsAboutJwt: ReadClaims
  readonly warnOfDialect: WarnOfDialect
  readonly policy: ClaimsPolicy
  readonly clock: Clock
}): OpaqueValidator {
  const { issuer, introspector, readClaims, readClaimsAboutJwt, warnOfDialect, policy, clock } = options
  /** Requests that share a response share the validated token. */
  const validated = new WeakMap<IntrospectedClaims, ValidatedToken>()

  function toValidatedToken(result: IntrospectionResult, read: ReadClaims, rules: ClaimsPolicy): ValidatedToken {
    const { claims, introspectedAt } = result
    const iss = valueAt(claims, ['iss'])
    if (claims === undefined) {
      throw invalidToken('inactive')
    }
    if (iss !== undefined && iss !== issuer) {
      throw invalidToken('untrusted-issuer', ['iss'])
    }
    deepFreeze(claims)
    const facts = { kind: 'opaque', issuer, introspectedAt, policy: rules } as const
    return createValidatedToken(claims, { ...facts, ...read(claims) })
  }

  function validatedOnce(result: IntrospectionResult): ValidatedToken {
    const known = result.claims && validated.get(result.claims)
    if (known !== undefined) {
      return known
    }
    const token = toValidatedToken(result, readClaims, policy)
    validated.set(token.claims, token)
    warnOfDialect(token, claimsFault(token, clock()))
    return token
  }

  async function confirm(token: AccessToken, within: number): Promise<ValidatedToken | undefined> {
    const text = token.raw()
    if (token.kind === 'jwt') {
      // The claims of the JWT say for whom it is. A response about a JWT need not repeat that.
      const result = await introspector.introspect(text, within)
      return toValidatedToken(result, readClaimsAboutJwt, { ...policy, missingAudience: 'trust' })
    }
    const introspectedAt = Number(token.introspectedAt)
    const hasNewer = (introspector.cached(text)?.introspectedAt ?? -Infinity) > introspectedAt
    const isRecent = clock() - introspectedAt <= within && !hasNewer
    return isRecent ? undefined : validatedOnce(await introspector.introspect(text, within))
  }

  return { validate: async (text) => validatedOnce(await introspector.introspect(text)), confirm }
}
