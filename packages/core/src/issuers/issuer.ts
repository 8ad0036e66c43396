import type { AccessToken } from '../access-token.ts'
import { invalidToken } from '../refusal.ts'
import type { ValidatorOutside } from './introspection/start.ts'
import { createIntrospectedTokens } from './introspected-tokens.ts'
import { createSignedTokens, keySourceOf } from './signed-tokens.ts'
import type { PresentedToken } from './presented-token.ts'
import { settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/** A trusted issuer at work: it has its keys and its endpoint, and judges the tokens that are its own. */
export interface Issuer {
  readonly url: string
  readonly formats: 'jwt' | 'opaque' | 'both'
  /** How its opaque tokens begin. */
  readonly prefix: string
  /** Whether `renew` has somebody to ask. */
  readonly introspects: boolean
  /** The token, verified by signature or introspection, its claims judged at this moment; an `Unavailable` when nobody could tell. */
  readonly validate: (presented: PresentedToken) => Promise<AccessToken>
  /** The token by a verdict of the authorization server that is no older than this; for JWTs as well. */
  readonly renew: (token: AccessToken, within: number) => Promise<AccessToken>
  /** Forgets what is remembered of a token. */
  readonly evict: (token: string) => Promise<void>
}

export interface IssuerPolicy extends ValidatorOutside {
  /** The audience of the validator, for issuers without one of their own. */
  readonly audience: readonly string[]
}

export function createIssuer(issuer: TrustedIssuer, policy: IssuerPolicy): Issuer {
  const { url } = issuer
  const settings = settingsOf(issuer)
  const { formats, introspection, audience = policy.audience } = settings
  const keys = keySourceOf(url, settings.keys, policy)
  const claimsPolicy = { ...settings, issuer: url, audience, clockTolerance: policy.clockTolerance }
  const signed = createSignedTokens(keys, claimsPolicy, policy.clock)
  const introspected = introspection && createIntrospectedTokens(introspection, claimsPolicy, { ...policy, keys })

  async function validate(presented: PresentedToken): Promise<AccessToken> {
    const isForAsking = presented.form === 'opaque' ? formats !== 'jwt' : formats === 'opaque'
    if (introspected !== undefined && isForAsking) {
      return introspected.validate(presented.token)
    }
    if (presented.form === 'opaque' || presented.jwt === undefined) {
      throw invalidToken('malformed-token')
    }
    return signed.validate(presented.jwt)
  }

  async function renew(token: AccessToken, within: number): Promise<AccessToken> {
    if (introspected === undefined) {
      throw new TypeError(`Expected the issuer ${url} to have \`introspection\`, for active({ within }) has to ask it`)
    }
    return introspected.renew(token, within)
  }

  return {
    url,
    formats,
    prefix: introspection?.prefix ?? '',
    introspects: introspection !== undefined,
    validate,
    renew,
    evict: async (token) => introspected?.evict(token),
  }
}
