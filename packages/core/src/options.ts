import type { Dispatcher } from 'undici'
import type { RawClaims } from './access-token.ts'
import { expectTokenCache, type TokenCache } from './cache/token-cache.ts'
import { expectSchema } from './claims/run-schema.ts'
import { expectScopeHierarchy, type ScopeHierarchy } from './claims/scope-hierarchy.ts'
import { type DpopOptions, type DpopSettings, expectDpop } from './constraints/dpop/dpop-options.ts'
import { expectFapi } from './constraints/fapi.ts'
import { expectMtls, type MtlsOptions, type MtlsSettings } from './constraints/mtls/mtls-options.ts'
import { expectOrigins, type KnownOrigins, originsAmong } from './constraints/dpop/origins.ts'
import { type Explain, expectExplain } from './explain/reports.ts'
import { expectDispatcher } from './http/expect-dispatcher.ts'
import { expectIssuers } from './issuers/expect-issuers.ts'
import type { ResolveIssuer } from './issuers/issuer-resolver.ts'
import type { OpaqueRouting } from './issuers/opaque-routing.ts'
import { settingsOf, type TrustedIssuer } from './issuers/trusted-issuer.ts'
import { type Clock, expectClock, systemClock } from './lib/clock.ts'
import { type Duration, expectDuration } from './lib/duration.ts'
import { expectOneOf, expectOptions, expectTexts, invalidOption } from './lib/invalid-option.ts'
import type { StandardSchema } from './lib/standard-schema.ts'
import { type CredentialSource, expectCredentialSources } from './request/credential-sources.ts'
import type { CredentialSettings, Scheme } from './request/credentials.ts'
import { expectRealm } from './responses/expect-realm.ts'
import { expectResource, type ResourceOptions, type ResourceSettings } from './resource/resource-options.ts'
import { expectRevocations, type Revocations } from './revocation/revocations.ts'

/** The options of a validator. `audience` and `issuer` are required. Unknown names throw a `TypeError`. */
export interface ValidatorOptions<Claims = RawClaims> {
  /** The name of this API in the `aud` of its tokens; one of them, if several. It is compared exactly. */
  readonly audience: string | readonly string[]
  /**
   * The issuers whose tokens are accepted: one or several, each as a URL or as a `trustedIssuer`. A URL must be exactly
   * the `iss` of the tokens, including a trailing slash. For tenants that are not known at start-up, or have hosts of
   * their own: a function of the unverified `iss` and the request. A result that depends on `iss` alone is cached.
   */
  readonly issuer: string | TrustedIssuer | readonly (string | TrustedIssuer)[] | ResolveIssuer
  /**
   * A Standard Schema (zod, valibot, arktype, …). Its output replaces the claims of the token and types them. Claims
   * that do not fit are 401 `invalid_token`, and `refusal.claimPaths` has their paths. Guards see the claims as the
   * issuer sent them. The schema runs on every request, can be asynchronous, and its errors are failures (500).
   * Default: none.
   */
  readonly claims?: StandardSchema<Claims> | undefined
  /**
   * The scopes that a scope implies, directly or indirectly: `{ admin: ['write'], write: ['read'] }`. It applies to
   * every issuer without an own hierarchy, and to roles that a `dialect` reads as scopes. Default: no scope implies
   * another.
   */
  readonly scopeHierarchy?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** The `realm` of challenges. Default: `'api'`. */
  readonly realm?: string | undefined
  /** The accepted difference between clocks. Default: `'5s'`, at most `'60s'`. */
  readonly clockTolerance?: Duration | undefined
  /** Returns the time in milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock | undefined
  /**
   * The undici dispatcher for outbound calls, such as a proxy, a private CA, or a mock issuer without a port. The
   * library never closes it. `tlsClientAuth` with a certificate does not use it. Default: a dispatcher of the library.
   */
  readonly dispatcher?: Dispatcher | undefined
  /**
   * How an opaque token finds its issuer when several issuers introspect. `'prefix'`: by the `prefix` of each issuer.
   * `'in-order'`: each issuer is asked in order until one calls the token active, which shows each server the tokens of
   * the others. Default: `'prefix'`.
   */
  readonly opaqueRouting?: OpaqueRouting | undefined
  /**
   * `'memory'`: the process caches validated tokens. Times, issuer, key, audience and guards are checked on every
   * request. `'off'`: every request has its signature verified or its token introspected again. A `TokenCache` shares
   * introspection responses with other processes; an attacker who can write to it can make a token active. Default:
   * `'memory'`.
   */
  readonly cache?: 'memory' | 'off' | TokenCache | undefined
  /**
   * The log of revocations that `validator.revoke` writes, and that every process with this log reads. Default: a
   * validator knows its own revocations, for 24 hours. See `memoryRevocations`.
   */
  readonly revocations?: Revocations | undefined
  /**
   * Where the token comes from: `'authorization'`, `header(name)`, `cookie(name, { origins })`, or several of these. The
   * same token in two sources counts once, and two different tokens are 400. An `Authorization` line is ignored unless
   * `'authorization'` is a source. Default: `'authorization'`.
   */
  readonly credentials?: CredentialSource | readonly CredentialSource[] | undefined
  /**
   * DPoP (RFC 9449): tokens that are bound to a key of the client. Default: `{ mode: 'off' }`, which refuses them. See
   * `DpopOptions`.
   */
  readonly dpop?: DpopOptions | undefined
  /**
   * Mutual TLS (RFC 8705): tokens that are bound to a certificate of the client. Default: `{ mode: 'off' }`, which refuses
   * them. See `MtlsOptions`.
   */
  readonly mtls?: MtlsOptions | undefined
  /**
   * The origin under which clients call this server, such as `'https://api.example.com'`, or several. DPoP proofs must name
   * it. Default: the origin that a trusted proxy of the framework states. Without one, the origins of those `audience`s
   * that are URLs, and a `Host` on loopback from a client on loopback. Any other `Host`, and `X-Forwarded-*` of any other
   * sender, never count.
   */
  readonly origin?: string | readonly string[] | undefined
  /**
   * The protected resource that this API is: its URL, or more about it. With it, challenges name its metadata (RFC 9728).
   * Default: the only `audience` that is a URL on `https:`, once the metadata is served. See `ResourceOptions`.
   */
  readonly resource?: string | ResourceOptions | undefined
  /** Whether a form body can carry the token (RFC 6750 §2.2). The query never can. Default: `'ignored'`. */
  readonly formBody?: 'ignored' | 'accepted' | undefined
  /**
   * Explains every refusal and every outage for a developer: what was expected, what came, and how to fix it.
   * `'console'` prints a line, and prints a repeated line once in a minute. A function gets each report, with its
   * `count`. Its errors go to `tollgate:failure`. No report contains a token or a secret. Of the claims it contains the
   * names, and the values of `iss`, `aud` and times. Without a change to the code, `NODE_DEBUG=tollgate` prints the
   * lines. Default: off.
   */
  readonly explain?: Explain | undefined
}

/** The checked options. */
export interface ValidatorSettings<Claims = RawClaims> extends CredentialSettings {
  readonly audience: readonly string[]
  readonly issuers: readonly TrustedIssuer[] | ResolveIssuer
  readonly opaqueRouting: OpaqueRouting
  readonly schema: StandardSchema<Claims> | undefined
  readonly scopeHierarchy: ScopeHierarchy
  readonly cacheMode: 'memory' | 'off'
  readonly tokenCache: TokenCache | undefined
  readonly revocations: Revocations | undefined
  readonly realm: string
  readonly schemes: readonly Scheme[]
  readonly dpop: DpopSettings
  readonly mtls: MtlsSettings
  readonly origins: KnownOrigins
  readonly resource: ResourceSettings | undefined
  /** Milliseconds. */
  readonly clockTolerance: number
  readonly clock: Clock
  readonly dispatcher: Dispatcher | undefined
  readonly explain: Explain | undefined
}

const optionNames =
  'audience issuer claims scopeHierarchy realm clockTolerance clock dispatcher opaqueRouting cache revocations credentials formBody dpop mtls origin resource explain'

/** Checks the options once, at start-up. An adapter has further options, which its own code checks. */
export function expectValidatorOptions<Claims>(
  given: ValidatorOptions<Claims>,
  further: readonly string[] = [],
): ValidatorSettings<Claims> {
  const options = expectOptions(given, 'the options', [...optionNames.split(' '), ...further])
  const { audience, realm = 'api', clockTolerance = '5s', clock = systemClock, dispatcher } = options
  const { cache = 'memory', formBody = 'ignored', opaqueRouting: routing = 'prefix' } = options
  const opaqueRouting = expectOneOf(routing, 'opaqueRouting', ['prefix', 'in-order'])
  const issuers = expectIssuers(options.issuer, opaqueRouting)
  const audiences = expectTexts(audience, 'audience')
  const checkedClock = expectClock(clock)
  return Object.freeze({
    audience: audiences,
    issuers,
    ...expectSenderOptions(options, issuers, checkedClock),
    origins: { given: expectOrigins(options.origin), ofAudiences: originsAmong(audiences) },
    resource: expectResource(options.resource, audiences, typeof issuers === 'function' ? 'resolved' : 'listed'),
    opaqueRouting,
    schema: options.claims === undefined ? undefined : expectSchema(options.claims, 'claims'),
    scopeHierarchy: expectScopeHierarchy(options.scopeHierarchy),
    cacheMode: cache === 'off' ? 'off' : 'memory',
    tokenCache: typeof cache === 'string' && ['memory', 'off'].includes(cache) ? undefined : expectTokenCache(cache),
    revocations: options.revocations === undefined ? undefined : expectRevocations(options.revocations),
    realm: expectRealm(realm),
    clockTolerance: expectDuration(clockTolerance, 'clockTolerance', '60s'),
    clock: checkedClock,
    dispatcher: dispatcher === undefined ? undefined : expectDispatcher(dispatcher),
    credentials: expectCredentialSources(options.credentials),
    formBody: expectOneOf(formBody, 'formBody', ['ignored', 'accepted']),
    explain: expectExplain(options.explain),
  })
}

/** With an issuer of FAPI 2.0, DPoP is on by default. */
function expectSenderOptions(
  options: Pick<ValidatorOptions, 'dpop' | 'mtls' | 'formBody' | 'credentials' | 'revocations'>,
  issuers: readonly TrustedIssuer[] | ResolveIssuer,
  clock: Clock,
): Pick<ValidatorSettings, 'dpop' | 'mtls' | 'schemes'> {
  const listed = typeof issuers === 'function' ? [] : issuers
  const ofFapi = listed
    .filter((issuer) => settingsOf(issuer).binding === 'required')
    .map((issuer) => ({ url: issuer.url, introspects: settingsOf(issuer).introspection !== undefined }))
  const mtls = expectMtls(options.mtls)
  const dpop = expectDpop(options.dpop, clock, ofFapi.length > 0 && options.mtls === undefined ? 'accepted' : 'off')
  expectFapi({ ...options, dpop, mtls }, ofFapi)
  if (dpop.mode !== 'off' && ![options.credentials ?? 'authorization'].flat().includes('authorization')) {
    throw invalidOption("Expected 'authorization' among `credentials` with `dpop`, because the scheme DPoP is there")
  }
  return { dpop, mtls, schemes: dpop.mode === 'off' ? ['Bearer'] : ['Bearer', 'DPoP'] }
}
