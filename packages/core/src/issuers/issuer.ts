import type { AccessToken } from '../access-token.ts'
import type { JwtStore } from '../jwt/jwt-cache.ts'
import type { Clock } from '../lib/clock.ts'
import type { DocumentHealth } from '../http/document-health.ts'
import type { Reach } from '../http/dispatchers.ts'
import { isLoopbackName } from '../http/secure-url.ts'
import type { Outside } from '../http/shared-documents.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { Soon } from '../soon.ts'
import { onBehalfOf } from '../responses/unavailable.ts'
import { createIntrospectedTokens } from '../introspection/opaque-validator.ts'
import { createScopeReader } from '../claims/granted-scopes.ts'
import type { IntrospectionHealth, Remembering } from '../introspection/start-introspection.ts'
import type { PresentedToken } from './token-format.ts'
import type { ScopeHierarchy } from '../claims/scope-hierarchy.ts'
import { createSignedTokens, type JwtVerdict, keySourceOf, type SignedTokens } from '../jwt/jwt-validator.ts'
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
  readonly validate: (presented: PresentedToken) => Soon<AccessToken>
  /** Whether a verdict on a JWT of it counts. */
  readonly trusts: SignedTokens['trusts']
  /** The JWT by such a verdict, judged at this moment. */
  readonly judgeAgain: SignedTokens['judgeAgain']
  /** The token by a verdict of the authorization server that is no older than this; for JWTs as well. */
  readonly renew: (token: AccessToken, within: number) => Soon<AccessToken>
  /** Forgets what is remembered of a token. */
  readonly evict: (token: string) => Promise<void>
  /** Resolves when it has what it takes to judge tokens. */
  readonly ready: () => Promise<void>
  readonly health: () => IssuerHealth
}

/** How it stands with an issuer. */
export interface IssuerHealth {
  readonly issuer: string
  /** Its keys; `undefined` when there is nothing to verify by them. */
  readonly keys: DocumentHealth | undefined
  /** The metadata that names its key set; `undefined` when nothing is looked for there. */
  readonly metadata: DocumentHealth | undefined
  /** `undefined` when it is not asked about tokens. */
  readonly introspection: IntrospectionHealth | undefined
}

export interface IssuerPolicy extends Remembering {
  /** The audience of the validator, for issuers without one of their own. */
  readonly audience: readonly string[]
  readonly scopeHierarchy: ScopeHierarchy
  readonly jwts: JwtStore<JwtVerdict>
  /** Stands for the validator in the tokens that it judges. */
  readonly judge: object
  readonly reach: Reach
  readonly clock: Clock
}

/** How the validator came by an issuer: its options list it, or the user's function has found it for the name in a token. */
export type Provenance = 'listed' | 'found'

export function createIssuer(issuer: TrustedIssuer, policy: IssuerPolicy, provenance: Provenance): Issuer {
  const { url } = issuer
  const settings = settingsOf(issuer)
  const { formats, introspection, audience = policy.audience } = settings
  const outside = outsideOf(issuer, policy, provenance)
  const keys = keySourceOf(url, settings.keys, outside)
  const needsKeys = formats !== 'opaque' || introspection?.response.as === 'jwt'
  const { holdings } = policy.reach
  if (needsKeys && keys.held !== undefined) {
    holdings.hold(keys.held)
  }
  const scopesOf = createScopeReader(settings.scopesFrom, settings.scopeHierarchy ?? policy.scopeHierarchy)
  const { clockTolerance, judge, jwts } = policy
  const claimsPolicy = { ...settings, issuer: url, scopesOf, audience, clockTolerance, judge }
  const signed = createSignedTokens(keys, { ...claimsPolicy, by: issuer, jwts }, policy.clock)
  const introspected =
    introspection && createIntrospectedTokens(introspection, claimsPolicy, { ...policy, ...outside, holdings, keys })

  function validate(presented: PresentedToken): Soon<AccessToken> {
    const isForAsking = presented.form === 'opaque' ? formats !== 'jwt' : formats === 'opaque'
    if (introspected !== undefined && isForAsking) {
      return introspected.validate(presented.token)
    }
    if (presented.form === 'opaque' || presented.jwt === undefined) {
      throw invalidToken('malformed-token')
    }
    return signed.validate(presented.jwt)
  }

  function renew(token: AccessToken, within: number): Soon<AccessToken> {
    if (introspected === undefined) {
      throw new TypeError(`Expected the issuer ${url} to have \`introspection\`, for active({ within }) has to ask it`)
    }
    return introspected.renew(token, within)
  }

  async function ready(): Promise<void> {
    await onBehalfOf(url, () => Promise.all([needsKeys ? keys.ready() : undefined, introspected?.ready()]))
  }

  function health(): IssuerHealth {
    const none = { keys: undefined, metadata: undefined }
    return { issuer: url, ...(needsKeys ? keys.health() : none), introspection: introspected?.health() }
  }

  return {
    url,
    formats,
    prefix: introspection?.prefix ?? '',
    introspects: introspection !== undefined,
    validate,
    trusts: signed.trusts,
    judgeAgain: signed.judgeAgain,
    renew,
    evict: async (token) => introspected?.evict(token),
    ready,
    health,
  }
}

/** What diagnostics call all issuers that a function has found: their names have come out of tokens. */
export const foundLabel = 'resolved'

function outsideOf(issuer: TrustedIssuer, { reach, clock }: IssuerPolicy, provenance: Provenance): Outside {
  const isFound = provenance === 'found'
  const byDefault = isFound && !isLoopbackName(issuer.url) ? 'public' : 'any'
  const { network = byDefault } = settingsOf(issuer)
  const label = isFound ? foundLabel : issuer.url
  return { dispatcher: reach.dispatcher(network), network, clock, label }
}
