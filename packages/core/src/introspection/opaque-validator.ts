import type { AccessToken, IntrospectedClaims, OpaqueAccessToken } from '../access-token.ts'
import { verifySenderConstraint } from '../constraints/sender-constraint.ts'
import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import { createOpaqueAccessToken, type Grant, type JudgedClaims, toJudgedClaims } from '../judged-token.ts'
import { invalidToken, Refusal } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'
import { onBehalfOf } from '../responses/unavailable.ts'
import { type AnswerPolicy, judgeAnswer } from './validate-response.ts'
import type { TokenVerdict } from './introspection-cache.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { type IntrospectionHealth, type IssuerOutside, startIntrospection } from './start-introspection.ts'

const trusting = { missingAudience: 'trust' } as const

/** The tokens of one issuer that are judged by asking it. */
export interface IntrospectedTokens {
  readonly validate: (token: string) => Soon<OpaqueAccessToken>
  /** The token by a verdict no older than this: an opaque one judged anew, a JWT as it is if the issuer calls it active. */
  readonly renew: (token: AccessToken, within: number) => Soon<AccessToken>
  readonly evict: (token: string) => Promise<void>
  readonly ready: () => Promise<unknown>
  readonly health: () => IntrospectionHealth
}

export function createIntrospectedTokens(
  settings: IntrospectionSettings,
  claimsPolicy: Omit<AnswerPolicy, 'missingAudience'> & Grant & { readonly judge: object },
  outside: IssuerOutside,
): IntrospectedTokens {
  const { issuer } = claimsPolicy
  const introspection = startIntrospection(settings, claimsPolicy, outside)
  const known = new WeakMap<IntrospectedClaims, JudgedClaims<IntrospectedClaims>>()
  let isMissingAudienceTold = false

  function ask(token: string, within?: number): Soon<TokenVerdict> {
    return onBehalfOf(issuer, () => introspection.verdictOn(token, within))
  }

  function judge(
    token: string,
    { claims, askedAt }: TokenVerdict,
    { missingAudience }: Pick<AnswerPolicy, 'missingAudience'> = settings,
  ): OpaqueAccessToken {
    if (claims === undefined) {
      throw invalidToken('inactive')
    }
    try {
      judgeAnswer(claims, { ...claimsPolicy, missingAudience }, outside.clock())
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'missing-audience' && !isMissingAudienceTold) {
        isMissingAudienceTold = true
        tellOfMissingAudience(issuer)
      }
      throw error
    }
    verifySenderConstraint(claims)
    return createOpaqueAccessToken(judgedOnce(claims), token, claimsPolicy.judge, askedAt)
  }

  function judgedOnce(claims: IntrospectedClaims): JudgedClaims<IntrospectedClaims> {
    const judged = known.get(claims) ?? toJudgedClaims(claimsPolicy, claims)
    known.set(claims, judged)
    return judged
  }

  function renew(token: AccessToken, within: number): Soon<AccessToken> {
    const raw = token.raw()
    if (token.kind === 'jwt') {
      return whenThere(ask(raw, within), (verdict) => {
        // For whom it is, its own claims have said. What else the answer holds has to be in order.
        judge(raw, verdict, trusting)
        return token
      })
    }
    const introspectedAt = Number(token.introspectedAt)
    const hasNewer = (introspection.recall(raw)?.askedAt ?? -Infinity) > introspectedAt
    const isNewEnough = outside.clock() - introspectedAt <= within
    return isNewEnough && !hasNewer ? token : whenThere(ask(raw, within), (verdict) => judge(raw, verdict))
  }

  const { evict, ready, health } = introspection
  const validate = (token: string): Soon<OpaqueAccessToken> => whenThere(ask(token), (verdict) => judge(token, verdict))
  return { validate, renew, evict, ready, health }
}

/** Good tokens are refused, and those who hold them can do nothing about it: whoever runs the API has to hear of it. */
function tellOfMissingAudience(issuer: string): void {
  warnOfMisconfiguration({
    event: 'missing-audience',
    issuer,
    message: `The introspection answers of ${issuer} name no \`aud\`, so that its opaque tokens are refused. Have it name this API there; or, only if it gives out tokens for no other API, set \`introspection: { missingAudience: 'trust' }\``,
  })
}
