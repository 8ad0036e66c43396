import type { JSONWebKeySet } from 'jose'
import { type Duration, expectDuration } from '../lib/duration.ts'
import type { Addresses } from '../http/public-address.ts'
import { isSecure, parsePlainUrl } from '../http/secure-url.ts'
import { expectOneOf, expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'
import { expectAlgorithms } from '../keys/expect-algorithms.ts'
import { expectKeyOrigin, type KeyOrigin } from '../keys/key-origin.ts'
import { isRecord } from '../lib/record.ts'
import { type ClaimPath, expectScopesFrom, type ScopeSources } from '../claims/granted-scopes.ts'
import { expectScopeHierarchy, type ScopeHierarchy } from '../claims/scope-hierarchy.ts'
import { expectIntrospection, type IntrospectionOptions, type IntrospectionSettings } from '../introspection/introspection-options.ts'

export interface TrustedIssuerOptions {
  /** The audience its tokens must be meant for, one of them if several. Default: the validator's `audience`. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * The JWS algorithms its tokens may be signed with; the token's `alg` selects among them and never widens them
   * (RFC 8725 §3.1). Default: every asymmetric one that jose and the running Node support; with `secret`, `HS256`.
   */
  readonly algorithms?: readonly string[] | undefined
  /** Its keys: the URL of a JWK Set, or the set itself. Default: the `jwks_uri` that its metadata names. */
  readonly keys?: string | URL | JSONWebKeySet | undefined
  /**
   * Keys of it that are known already, as a JWK Set or the path of a file that holds one, read at once: they serve while the first fetch is
   * under way, and for an hour at most while it fails. Once keys were fetched they count no more. Default: none.
   */
  readonly seed?: JSONWebKeySet | string | URL | undefined
  /** A secret shared with it, for HMAC, instead of keys; at least as long as the hash (RFC 7518 §3.2). A string counts as its UTF-8 bytes. */
  readonly secret?: string | Uint8Array | undefined
  /**
   * `'rfc9068'` demands the whole JWT profile for access tokens: `typ` `at+jwt`, and `iss`, `exp`, `aud`, `sub`,
   * `client_id`, `iat`, `jti`. Default: `typ` `JWT` or none passes too, unless the claims show another kind of token.
   */
  readonly profile?: 'rfc9068' | undefined
  /** The longest remaining lifetime of a token that is accepted; with it, an `iat` in the future is refused too. Default: no limit. */
  readonly maxLifetime?: Duration | undefined
  /**
   * The claims that hold its scopes, each a space-separated string or an array; the token has the scopes of all of them. A path has its names apart
   * by dots, such as `'realm_access.roles'`; a name with `://` is that of one claim. For other names that have dots a path is an array within the
   * array: `[['resource_access', 'my.client', 'roles']]`. Default: `scope`, and only as a string (RFC 9068 §2.2.3).
   */
  readonly scopesFrom?: string | readonly ClaimPath[] | undefined
  /** The scopes that a scope of its tokens implies, as in the validator's option. Default: the validator's `scopeHierarchy`. */
  readonly scopeHierarchy?: Readonly<Record<string, string | readonly string[]>> | undefined
  /**
   * What its tokens look like. `'jwt'`: JWTs only. `'opaque'`: whatever they look like, they are introspected. `'both'`: what is a
   * JWT is judged as one and never introspected, whatever its fault; the rest is introspected. Default: `'both'` with `introspection`, else `'jwt'`.
   */
  readonly formats?: 'jwt' | 'opaque' | 'both' | undefined
  /**
   * Where it may be reached. `'public'`: not at loopback, private or other special network, whatever its name or its metadata lead to; with a
   * `dispatcher` of your own only what a URL itself says is looked at. Default: `'any'` for issuers that are listed; `'public'` for those that the
   * validator's `issuer` function finds, because their names come out of tokens, unless they are called loopback by name.
   */
  readonly network?: 'any' | 'public' | undefined
  /** How to ask the issuer about tokens (RFC 7662): for opaque ones, and for the guard `active`. */
  readonly introspection?: IntrospectionOptions | undefined
}

/** An issuer whose access tokens are accepted. Only `trustedIssuer` makes one; its policy, which may hold a secret, does not show. */
export interface TrustedIssuer {
  /** Exactly as in the `iss` of its tokens; never normalized (RFC 8725 §3.8). */
  readonly url: string
}

/** The options of an issuer, checked. */
export interface IssuerSettings {
  readonly audience: readonly string[] | undefined
  readonly algorithms: readonly string[]
  readonly keys: KeyOrigin
  readonly profile: 'rfc9068' | undefined
  /** Milliseconds. */
  readonly maxLifetime: number | undefined
  readonly scopesFrom: ScopeSources
  readonly scopeHierarchy: ScopeHierarchy | undefined
  readonly formats: 'jwt' | 'opaque' | 'both'
  readonly network: Addresses | undefined
  readonly introspection: IntrospectionSettings | undefined
}

const known = [
  'audience',
  'algorithms',
  'keys',
  'seed',
  'secret',
  'profile',
  'maxLifetime',
  'scopesFrom',
  'scopeHierarchy',
  'formats',
  'network',
  'introspection',
]
const wellKnown = '/.well-known/'
const settings = new WeakMap<TrustedIssuer, IssuerSettings>()

/**
 * Names an issuer whose access tokens are accepted. Nothing is fetched until its first token arrives, so a process
 * starts while its issuer is down.
 *
 * `url` is compared with the token's `iss` as a string and must be exactly what the issuer calls itself, the trailing
 * slash included. Plain `http:` is refused except on loopback. When nothing has to be found by discovery it need not be a URL.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an option that cannot be meant.
 */
export function trustedIssuer(url: string, options: TrustedIssuerOptions = {}): TrustedIssuer {
  expectOptions(options, 'the options of trustedIssuer', known)
  const { audience, profile, maxLifetime, network } = options
  const algorithms = expectAlgorithms(options)
  const introspection = options.introspection === undefined ? undefined : expectIntrospection(options.introspection)
  const checked: IssuerSettings = {
    audience: audience === undefined ? undefined : expectTexts(audience, 'audience'),
    algorithms,
    keys: expectKeyOrigin(options, algorithms),
    profile: profile === undefined ? undefined : expectOneOf(profile, 'profile', ['rfc9068']),
    maxLifetime: maxLifetime === undefined ? undefined : expectDuration(maxLifetime, 'maxLifetime'),
    scopesFrom: expectScopesFrom(options.scopesFrom),
    scopeHierarchy: options.scopeHierarchy === undefined ? undefined : expectScopeHierarchy(options.scopeHierarchy),
    formats: expectFormats(options, introspection),
    network: network === undefined ? undefined : expectOneOf(network, 'network', ['any', 'public']),
    introspection,
  }
  if (checked.keys.from === 'secret' && introspection?.response.as === 'jwt') {
    throw invalidOption('Expected `keys` in place of `secret`, or response that are not signed, which need keys')
  }
  const issuer = Object.freeze({ url: expectIssuer(url, needsDiscovery(checked)) })
  settings.set(issuer, checked)
  return issuer
}

/** Whether something has to be found by discovery, because it is not configured. */
function needsDiscovery({ keys, formats, introspection }: IssuerSettings): boolean {
  const needsKeys = formats !== 'opaque' || introspection?.response.as === 'jwt'
  const needsEndpoint = introspection !== undefined && introspection.endpoint === undefined
  return (needsKeys && keys.from === 'metadata') || needsEndpoint
}

/** Whether `trustedIssuer` made it: an object that only looks like one has passed no check. */
export function isTrustedIssuer(value: unknown): value is TrustedIssuer {
  return isRecord(value) && settings.has(value as { url: string })
}

export function settingsOf(issuer: TrustedIssuer): IssuerSettings {
  const found = settings.get(issuer)
  if (found === undefined) {
    throw new TypeError('Expected an issuer that trustedIssuer(url, options) made')
  }
  return found
}

/** Whether an issuer of this name could be trusted at all: a name that is no URL, or a plain URL that is not on `http:` off loopback. */
export function isPossibleIssuer(name: string): boolean {
  const url = parsePlainUrl(name)
  const isName = name !== '' && !name.includes(wellKnown)
  return isName && (url === undefined ? !/^https?:/i.test(name) : url.protocol !== 'http:' || isSecure(url))
}

function expectIssuer(name: unknown, isDiscovered: boolean): string {
  const text = expectText(name, 'issuer')
  if (text.includes(wellKnown)) {
    throw invalidOption('Expected `issuer` to be what the issuer calls itself, got the URL of its metadata')
  }
  const url = parsePlainUrl(text)
  if (!isPossibleIssuer(text) || (isDiscovered && (url === undefined || !isSecure(url)))) {
    throw invalidOption(
      'Expected `issuer` to be an absolute URL on https: (http: is accepted on loopback only) without query, fragment or user name, such as https://as.example; only when nothing has to be found by discovery (`keys` or `secret`, the `endpoint` of `introspection`) it may be another name',
    )
  }
  return text
}

function expectFormats(
  options: TrustedIssuerOptions,
  introspection: IntrospectionSettings | undefined,
): IssuerSettings['formats'] {
  const { formats = introspection === undefined ? 'jwt' : 'both', secret, algorithms, profile } = options
  const checked = expectOneOf(formats, 'formats', ['jwt', 'opaque', 'both'])
  if (introspection === undefined && checked !== 'jwt') {
    throw invalidOption(
      `Expected \`introspection\` with \`formats: '${checked}'\`: an opaque token says nothing by itself`,
    )
  }
  if (checked === 'opaque' && [secret, algorithms, profile].some((option) => option !== undefined)) {
    throw invalidOption(
      "Expected no `secret`, `algorithms` or `profile` with `formats: 'opaque'`: no JWT is judged there",
    )
  }
  return checked
}
