import type { AccessToken } from '../access-token.ts'
import { formatPath } from '../claims/claim-path.ts'
import { createWarnOfDialect } from '../claims/warn-of-dialect.ts'
import type { DialectSettings } from '../claims/dialect.ts'
import { createReadClaims } from '../claims/read-claims.ts'
import { statesNoOtherKind } from '../claims/token-kind.ts'
import type { ScopeHierarchy } from '../claims/scope-hierarchy.ts'
import type { IssuerHealth } from '../diagnostics/health.ts'
import type { Network, Networks } from '../http/network.ts'
import { isLoopbackName } from '../http/secure-url.ts'
import type { IntrospectionCaches } from '../introspection/introspection-cache.ts'
import { createIntrospector } from '../introspection/introspector.ts'
import { createOpaqueValidator } from '../introspection/opaque-validator.ts'
import type { JwtCache } from '../jwt/jwt-cache.ts'
import { createJwtValidator, type JwtValidator } from '../jwt/jwt-validator.ts'
import { createKeySource } from '../keys/create-key-source.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidToken } from '../responses/refusal.ts'
import { forIssuer } from '../responses/unavailable.ts'
import type { ClaimsPolicy, ValidatedToken } from '../validated-token.ts'
import type { ParsedToken } from './token-format.ts'
import { type IssuerSettings, needsKeys, settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/** A trusted issuer at run time, with its keys and its introspection endpoint. */
export interface Issuer {
  readonly url: string
  readonly formats: 'jwt' | 'opaque' | 'both'
  /** The beginning of its opaque tokens. */
  readonly prefix: string
  readonly introspects: boolean
  readonly organizations: 'ignored' | 'enforced'
  /** Step 3: verifies a signature, or introspects. Rejects with a `Refusal` (401) or an `Unavailable`. */
  readonly validate: (parsed: ParsedToken) => Promise<ValidatedToken>
  readonly trusts: JwtValidator['trusts']
  /** What the issuer says of the token, at most `within` milliseconds old. `undefined` when the token is as recent. */
  readonly confirm: (token: AccessToken, within: number) => Promise<ValidatedToken | undefined>
  /** Removes the token from the caches. */
  readonly evict: (text: string) => Promise<void>
  /** Resolves when the issuer can validate tokens. Rejects with an `Unavailable`. */
  readonly ready: () => Promise<void>
  readonly health: () => IssuerHealth
}

/** What the issuers of one validator share. */
export interface IssuerContext {
  /** The audience of the validator, for issuers without an own audience. */
  readonly audience: readonly string[]
  readonly scopeHierarchy: ScopeHierarchy
  /** Milliseconds. */
  readonly clockTolerance: number
  readonly clock: Clock
  readonly networks: Networks
  readonly jwtCache: JwtCache
  /** The warnings about resolved issuers, because a tenant must not cause one each. */
  readonly resolvedWarnings: Set<string>
  readonly caches: IntrospectionCaches
}

/** The issuer is listed in the options, or the `issuer` function resolved it for the `iss` of a token. */
export function createIssuer(
  trusted: TrustedIssuer,
  context: IssuerContext,
  provenance: 'listed' | 'resolved',
): Issuer {
  const { url } = trusted
  const settings = settingsOf(trusted)
  const { formats, introspection, algorithms, dialect, profile } = settings
  const { clock, jwtCache: cache } = context
  const isResolved = provenance === 'resolved'
  const network = networkOf(trusted, context, isResolved)
  const metadata = { issuer: url, url: settings.metadata, timeout: settings.timeouts.metadata }
  const keys = createKeySource(metadata, settings, network)
  const policy = createPolicy(settings, context)
  const { scopeHierarchy = context.scopeHierarchy } = settings
  const readClaims = createReadClaims(dialect, profile, scopeHierarchy)
  const common = {
    issuer: url,
    readClaims,
    warnOfDialect: createWarnOfDialect(
      isResolved ? resolvedLabel : url,
      dialect,
      isResolved ? context.resolvedWarnings : new Set(),
    ),
    policy,
    clock,
  }
  const jwts = createJwtValidator({ ...common, keys, algorithms, cache, settings: trusted })
  const introspector =
    introspection &&
    createIntrospector(introspection, { ...context, issuer: url, audience: policy.audience, keys, network, metadata })
  const opaque =
    introspector &&
    createOpaqueValidator({
      ...common,
      policy: { ...policy, missingAudience: introspection?.missingAudience ?? policy.missingAudience },
      readClaimsAboutJwt: createReadClaims({ ...dialect, isAccessToken: statesNoOtherKind }, profile, scopeHierarchy),
      introspector,
    })

  function validate(parsed: ParsedToken): Promise<ValidatedToken> {
    const isIntrospected = parsed.format === 'opaque' ? formats !== 'jwt' : formats === 'opaque'
    return forIssuer(url, () => {
      if (opaque !== undefined && isIntrospected) {
        return opaque.validate(parsed.text)
      }
      if (parsed.format === 'opaque' || parsed.jwt === undefined) {
        throw invalidToken('malformed-token')
      }
      return jwts.validate(parsed.jwt)
    })
  }

  async function confirm(token: AccessToken, within: number): Promise<ValidatedToken | undefined> {
    if (opaque === undefined) {
      throw new TypeError(
        `Expected the issuer ${url} to have \`introspection\`, because active({ within }) introspects`,
      )
    }
    return forIssuer(url, () => opaque.confirm(token, within))
  }

  async function ready(): Promise<void> {
    await forIssuer(url, () => Promise.all([needsKeys(settings) ? keys.ready() : undefined, introspector?.ready()]))
  }

  function health(): IssuerHealth {
    const none = { keys: undefined, metadata: undefined }
    return { issuer: url, ...(needsKeys(settings) ? keys.health() : none), introspection: introspector?.health() }
  }

  return {
    url,
    formats,
    prefix: introspection?.prefix ?? '',
    introspects: introspection !== undefined,
    organizations: settings.organizations,
    validate,
    trusts: jwts.trusts,
    confirm,
    evict: async (text) => introspector?.evict(text),
    ready,
    health,
  }
}

/** The name of all resolved issuers in diagnostics, because their own names come out of tokens. */
export const resolvedLabel = 'resolved'

/**
 * A resolved issuer is on a public network by default, because the name in a token must not lead into a private one.
 */
function networkOf(trusted: TrustedIssuer, { networks }: IssuerContext, isResolved: boolean): Network {
  const { metadata, network } = settingsOf(trusted)
  // Only a resolved issuer whose name and metadata are both on loopback may connect to loopback. `metadata` can have a
  // query.
  const isOnLoopback = [trusted.url, metadata ?? trusted.url].every((name) =>
    isLoopbackName(name.replace(/\?.*$/s, '')),
  )
  const access = network ?? (isResolved && !isOnLoopback ? 'public' : 'any')
  return networks.of(access, isResolved ? resolvedLabel : trusted.url)
}

function createPolicy(settings: IssuerSettings, { audience, clockTolerance }: IssuerContext): ClaimsPolicy {
  const { missingAudience, organizations, binding, profile, maxLifetime, dialect } = settings
  return {
    audience: settings.audience ?? audience,
    audienceClaim: formatPath(dialect.audience),
    scopeClaims: scopeClaimsOf(dialect),
    missingAudience,
    organizations,
    binding,
    profile,
    maxLifetime,
    clockTolerance,
  }
}

function scopeClaimsOf({ scopes }: DialectSettings): readonly string[] {
  if (scopes === 'default') {
    return ['scope']
  }
  return typeof scopes === 'function' ? [] : scopes.map((path) => formatPath(path))
}
