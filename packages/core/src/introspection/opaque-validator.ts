import type { AccessToken, IntrospectedClaims } from '../access-token.ts'
import type { GrantedScopes } from '../claims/granted-scopes.ts'
import { kindOfResponse } from '../claims/token-kind.ts'
import { claimsFault } from '../claims/validate-claims.ts'
import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import { own } from '../lib/record.ts'
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
  readonly grantedScopes: GrantedScopes
  readonly policy: ClaimsPolicy
  readonly clock: Clock
}): OpaqueValidator {
  const { issuer, introspector, grantedScopes, policy, clock } = options
  /** Requests that share a response share the validated token. */
  const validated = new WeakMap<IntrospectedClaims, ValidatedToken>()
  let hasWarned = false

  function toValidatedToken({ claims, introspectedAt }: IntrospectionResult, rules: ClaimsPolicy): ValidatedToken {
    const iss = own(claims, 'iss')
    if (claims === undefined || (iss !== undefined && iss !== issuer)) {
      throw invalidToken(claims === undefined ? 'inactive' : 'untrusted-issuer')
    }
    const scopes = grantedScopes(claims)
    const facts = { kind: 'opaque', issuer, scopes, statedKind: kindOfResponse(claims), introspectedAt } as const
    return createValidatedToken(claims, { ...facts, policy: rules })
  }

  function validatedOnce(result: IntrospectionResult): ValidatedToken {
    const known = result.claims && validated.get(result.claims)
    if (known !== undefined) {
      return known
    }
    const token = toValidatedToken(result, policy)
    validated.set(token.claims, token)
    const isPlain = token.statedKind === 'access-token'
    if (!hasWarned && isPlain && claimsFault(token, clock())?.reason === 'missing-audience') {
      hasWarned = true
      // Good tokens are refused, and their clients cannot change that. The operator of the API must know it.
      warnOfMisconfiguration({
        event: 'missing-audience',
        issuer,
        message: `The introspection responses of ${issuer} name no \`aud\`, so that its opaque tokens are refused. Configure it to name this API there; or, only if it issues tokens for no other API, set \`introspection: { missingAudience: 'trust' }\``,
      })
    }
    return token
  }

  async function confirm(token: AccessToken, within: number): Promise<ValidatedToken | undefined> {
    const text = token.raw()
    if (token.kind === 'jwt') {
      // The claims of the JWT say for whom it is. A response about a JWT need not repeat that.
      return toValidatedToken(await introspector.introspect(text, within), { ...policy, missingAudience: 'trust' })
    }
    const introspectedAt = Number(token.introspectedAt)
    const hasNewer = (introspector.cached(text)?.introspectedAt ?? -Infinity) > introspectedAt
    const isRecent = clock() - introspectedAt <= within && !hasNewer
    return isRecent ? undefined : validatedOnce(await introspector.introspect(text, within))
  }

  return { validate: async (text) => validatedOnce(await introspector.introspect(text)), confirm }
}
