import type { RawClaims } from './access-token.ts'
import type { Dispatcher } from 'undici'
import type { TokenCache } from './cache/token-cache.ts'
import { isQuotable } from './responses/challenge.ts'
import { createReadClaims, expectSchema, type ReadClaims } from './claims/claims-schema.ts'
import type { Clock } from './lib/clock.ts'
import { type Duration, expectDuration } from './lib/duration.ts'
import {
  describe,
  expectFunction,
  expectOneOf,
  expectOptions,
  expectText,
  expectTexts,
  invalidOption,
} from './lib/invalid-option.ts'
import { expectRoutable, type OpaqueRouting } from './issuers/opaque-routing.ts'
import type { ResolveIssuer, RouterPolicy } from './issuers/issuer-registry.ts'
import { isTrustedIssuer, type TrustedIssuer, trustedIssuer } from './issuers/trusted-issuer.ts'
import { expectScopeHierarchy } from './claims/scope-hierarchy.ts'
import { asRecord } from './lib/record.ts'
import type { StandardSchema } from './lib/standard-schema.ts'

export interface ValidatorOptions<Claims = RawClaims> {
  /** What this API is called in the `aud` of its tokens; one of them, if several. Compared exactly. */
  readonly audience: string | readonly string[]
  /**
   * Whose tokens are accepted: one issuer or several, each a URL or what `trustedIssuer` makes. A URL is exactly what the
   * issuer calls itself in `iss`, the trailing slash included. Or a function, for tenants that are not known at start-up:
   * it is given the token's unverified `iss`, and its answers are remembered.
   */
  readonly issuer: string | TrustedIssuer | readonly (string | TrustedIssuer)[] | ResolveIssuer
  /**
   * A Standard Schema (zod, valibot, arktype, …) for the claims: what it makes of them are the `claims` of the token, with its types. Claims that
   * do not fit are 401 `invalid_token`, and `refusal.claimPaths` tells which. Guards judge the claims as the issuer sent them. It is asked on every
   * request, may answer later, and what it throws is a failure (500). Default: none.
   */
  readonly claims?: StandardSchema<Claims> | undefined
  /**
   * The scopes that a scope implies, indirectly as well: `{ admin: ['write'], write: ['read'] }`. It holds for the tokens of every issuer that has none
   * of its own, and for roles that `scopesFrom` reads as scopes. Default: none implies another.
   */
  readonly scopeHierarchy?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** The `realm` of challenges. Default: `'api'`. */
  readonly realm?: string | undefined
  /** How far the clocks of issuers may be off. Default: `'5s'`; at most `'60s'`. */
  readonly clockTolerance?: Duration | undefined
  /** Tells the time in milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock | undefined
  /**
   * The undici dispatcher for outbound calls: a proxy, a private CA, a mock issuer without a port. It stays yours to close. Introspection by
   * `tlsClientAuth` with a certificate has connections of its own. Default: one of our own.
   */
  readonly dispatcher?: Dispatcher | undefined
  /**
   * How an opaque token finds its issuer when several introspect: by the `prefix` of each, or by asking one after the other until one
   * calls it active, so that each server sees the tokens of those after it. Default: `'prefix'`.
   */
  readonly opaqueRouting?: OpaqueRouting | undefined
  /**
   * `'memory'`: the process caches validated tokens. A JWT that comes again is not verified again; its times, issuer, key, audience and the guards are
   * checked for every request. `'off'`: every request has its token verified or introspected anew. A `TokenCache` shares introspection responses with
   * other processes; whoever can write to it can make a token active. Default: `'memory'`.
   */
  readonly cache?: 'memory' | 'off' | TokenCache | undefined
  /** Whether a form body may carry the token (RFC 6750 §2.2). Default: `'ignored'`. A token in the query is always ignored. */
  readonly formBody?: 'ignored' | 'accepted' | undefined
}

/** The options, checked and frozen once. */
export interface Policy<Claims = RawClaims> extends Omit<
  RouterPolicy,
  'verdicts' | 'jwts' | 'shared' | 'reach' | 'judge'
> {
  readonly dispatcher: Dispatcher | undefined
  readonly realm: string
  readonly cache: TokenCache | undefined
  readonly formBody: 'ignored' | 'accepted'
  readonly readClaims: ReadClaims<Claims>
}

export const validatorOptionNames: readonly string[] = [
  'audience',
  'issuer',
  'claims',
  'scopeHierarchy',
  'realm',
  'clockTolerance',
  'clock',
  'dispatcher',
  'opaqueRouting',
  'cache',
  'formBody',
]

const systemClock: Clock = () => Date.now()

export function checkOptions<Claims>(
  options: ValidatorOptions<Claims>,
  known: readonly string[] = validatorOptionNames,
): Policy<Claims> {
  expectOptions(options, 'the options', known)
  const { audience, issuer, realm = 'api', clockTolerance = '5s', clock, dispatcher, formBody = 'ignored' } = options
  const { opaqueRouting: routing = 'prefix', cache = 'memory' } = options
  const opaqueRouting = expectOneOf(routing, 'opaqueRouting', ['prefix', 'in-order'])
  return Object.freeze({
    audience: expectTexts(audience, 'audience'),
    issuers: expectIssuers(issuer, opaqueRouting),
    opaqueRouting,
    readClaims: createReadClaims(expectSchema(options.claims)),
    scopeHierarchy: expectScopeHierarchy(options.scopeHierarchy),
    cacheMode: cache === 'off' ? 'off' : 'memory',
    cache: expectCache(cache),
    realm: expectRealm(realm),
    clockTolerance: expectDuration(clockTolerance, 'clockTolerance', '60s'),
    clock: expectClock(clock === undefined ? systemClock : clock),
    dispatcher: dispatcher === undefined ? undefined : expectDispatcher(dispatcher),
    formBody: expectOneOf(formBody, 'formBody', ['ignored', 'accepted']),
  })
}

function expectIssuers(
  issuer: ValidatorOptions['issuer'],
  opaqueRouting: OpaqueRouting,
): readonly TrustedIssuer[] | ResolveIssuer {
  if (typeof issuer === 'function') {
    return issuer
  }
  const issuers = (Array.isArray(issuer) ? issuer : [issuer]).map(expectIssuer)
  if (issuers.length === 0) {
    throw invalidOption('Expected `issuer` to name at least one issuer, got an empty array')
  }
  if (new Set(issuers.map(({ url }) => url)).size < issuers.length) {
    throw invalidOption('Expected each issuer once in `issuer`; give it several audiences or algorithms instead')
  }
  expectRoutable(issuers, opaqueRouting)
  return Object.freeze(issuers)
}

function expectCache(cache: 'memory' | 'off' | TokenCache): TokenCache | undefined {
  if (cache === 'memory' || cache === 'off') {
    return undefined
  }
  const missing = ['get', 'set', 'delete'].filter((name) => typeof asRecord(cache)[name] !== 'function')
  if (missing.length > 0) {
    throw invalidOption(
      `Expected \`cache\` to be 'memory', 'off' or a TokenCache, with get, set and delete; it lacks ${missing.join(', ')}`,
    )
  }
  return cache
}

function expectIssuer(issuer: unknown): TrustedIssuer {
  if (typeof issuer === 'object' && issuer !== null && !isTrustedIssuer(issuer)) {
    throw invalidOption('Expected `issuer` to be a URL or what trustedIssuer(url, options) returns, got another object')
  }
  return isTrustedIssuer(issuer) ? issuer : trustedIssuer(issuer as string)
}

function expectRealm(realm: unknown): string {
  const text = expectText(realm, 'realm')
  if (!isQuotable(text)) {
    throw invalidOption('Expected `realm` to be printable ASCII')
  }
  return text
}

function expectClock(clock: Clock): Clock {
  expectFunction(clock, 'clock')
  const now = clock()
  const looksLikeSeconds = now > 1e9 && now < 1e10
  if (!Number.isFinite(now) || looksLikeSeconds) {
    throw invalidOption('Expected `clock` to return milliseconds since the epoch, as Date.now does')
  }
  return clock
}

function expectDispatcher(dispatcher: Dispatcher): Dispatcher {
  if (typeof asRecord(dispatcher)['dispatch'] !== 'function') {
    throw invalidOption(`Expected \`dispatcher\` to be a dispatcher of undici, got ${describe(dispatcher)}`)
  }
  return dispatcher
}
