import { type DialectSettings, expectDialect } from '../claims/dialect.ts'
import { expectScopeHierarchy, type ScopeHierarchy } from '../claims/scope-hierarchy.ts'
import { maxUrlLength, parsePlainUrl } from '../http/secure-url.ts'
import { expectIntrospection, type IntrospectionSettings } from '../introspection/introspection-options.ts'
import { expectKeyOptions, keyOptionNames, type KeySettings } from '../keys/key-options.ts'
import { expectDuration } from '../lib/duration.ts'
import { expectOneOf, expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'
import { isSecure } from '../lib/loopback.ts'
import { withFapiAlgorithms } from '../constraints/fapi.ts'
import { markKind, shared } from '../lib/shared-state.ts'
import { expectMetadataUse } from '../metadata/metadata-source.ts'
import type { TrustedIssuerOptions } from './issuer-options.ts'
import { rejectedName } from './rejected-name.ts'

/** An issuer whose tokens are accepted. Only `trustedIssuer` creates one. Its settings are not visible. */
export interface TrustedIssuer {
  /** Exactly as in the `iss` of its tokens. It is never normalized (RFC 8725 §3.8). */
  readonly url: string
}

/** The checked options of an issuer. */
export interface IssuerSettings extends KeySettings {
  readonly audience: readonly string[] | undefined
  readonly missingAudience: 'refuse' | 'trust'
  readonly organizations: 'ignored' | 'enforced'
  readonly profile: 'rfc9068' | undefined
  /** Whether each token must be bound to a key or a certificate. */
  readonly binding: 'required' | 'optional'
  /** Milliseconds. */
  readonly maxLifetime: number | undefined
  readonly dialect: DialectSettings
  readonly scopeHierarchy: ScopeHierarchy | undefined
  readonly formats: 'jwt' | 'opaque' | 'both'
  readonly network: 'any' | 'public' | undefined
  readonly introspection: IntrospectionSettings | undefined
}

/** The names of the options. */
export const issuerOptionNames: readonly string[] =
  `audience missingAudience organizations dialect ${keyOptionNames} profile maxLifetime scopesFrom scopeHierarchy formats network introspection`.split(
    ' ',
  )

const settingsByIssuer = shared('issuers', () => new WeakMap<object, IssuerSettings>())

/**
 * Names an issuer whose access tokens are accepted. Nothing is fetched before its first token arrives.
 *
 * `url` must be exactly the `iss` of its tokens, including a trailing slash. Where metadata is fetched, plain `http:` is
 * accepted on loopback only. When nothing is discovered, or with `metadata`, `url` is only a name. The function does
 * not check that the issuer exists.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function trustedIssuer(url: string, options: TrustedIssuerOptions = {}): TrustedIssuer {
  const settings = expectSettings(expectOptions(options, 'the options of trustedIssuer', issuerOptionNames))
  expectMetadataUse(settings.metadata, isDiscovered(settings))
  const name = expectName(url, isDiscovered(settings) && settings.metadata === undefined)
  const issuer = Object.freeze(markKind({ url: name }, 'issuer'))
  settingsByIssuer.set(issuer, settings)
  return issuer
}

/** The functions that create issuers: `trustedIssuer` and the presets. They are no `issuer` functions. */
const factories = shared('issuer factories', () => new WeakSet<object>())
factories.add(trustedIssuer)

export function addIssuerFactory(factory: object): void {
  factories.add(factory)
}

/** Whether a function would trust every name that it is called with. */
export function isIssuerFactory(value: object): boolean {
  return factories.has(value)
}

/** Whether `trustedIssuer` created the object. Its settings were checked then. */
export function isTrustedIssuer(value: unknown): value is TrustedIssuer {
  return typeof value === 'object' && value !== null && settingsByIssuer.has(value)
}

export function settingsOf(issuer: TrustedIssuer): IssuerSettings {
  const found = settingsByIssuer.get(issuer)
  if (found === undefined) {
    throw new TypeError('Expected an issuer that trustedIssuer(url, options) created')
  }
  return found
}

/** Whether the issuer has JWTs or signed introspection responses. */
export function needsKeys({ formats, introspection }: IssuerSettings): boolean {
  return formats !== 'opaque' || introspection?.response.as === 'jwt'
}

/** Whether an issuer can have this name: a plain URL, or a name that is not a URL. Only a fetch needs a secure URL. */
export function isPossibleIssuer(name: string): boolean {
  const url = parsePlainUrl(name)
  const isName = name !== '' && name.length <= maxUrlLength && !name.includes('/.well-known/')
  return isName && (url !== undefined || !/^https?:/i.test(name))
}

function expectSettings(options: TrustedIssuerOptions): IssuerSettings {
  const { audience, missingAudience = 'refuse', maxLifetime, network, scopeHierarchy } = options
  const introspection = options.introspection === undefined ? undefined : expectIntrospection(options.introspection)
  const keySettings = expectKeyOptions(options.profile === 'fapi2' ? withFapiAlgorithms(options) : options)
  if (keySettings.keys.from === 'secret' && introspection?.response.as === 'jwt') {
    throw invalidOption("Expected `keys` in place of `secret`, or `response: 'json'`: signed responses need keys")
  }
  return {
    audience: audience === undefined ? undefined : expectTexts(audience, 'audience'),
    ...keySettings,
    ...expectProfile(options),
    maxLifetime: maxLifetime === undefined ? undefined : expectDuration(maxLifetime, 'maxLifetime'),
    missingAudience: expectOneOf(missingAudience, 'missingAudience', ['refuse', 'trust']),
    organizations: expectOneOf(options.organizations ?? 'ignored', 'organizations', ['ignored', 'enforced']),
    dialect: expectDialectOf(options),
    scopeHierarchy: scopeHierarchy === undefined ? undefined : expectScopeHierarchy(scopeHierarchy),
    formats: expectFormats(options, introspection),
    network: network === undefined ? undefined : expectOneOf(network, 'network', ['any', 'public']),
    introspection,
  }
}

/** FAPI 2.0 demands bound tokens. It does not demand the claims of RFC 9068. */
function expectProfile({ profile }: TrustedIssuerOptions): Pick<IssuerSettings, 'profile' | 'binding'> {
  const checked = profile === undefined ? undefined : expectOneOf(profile, 'profile', ['rfc9068', 'fapi2'])
  return checked === 'fapi2' ? { profile: undefined, binding: 'required' } : { profile: checked, binding: 'optional' }
}

/** `scopesFrom` is the former name of `scopes` in the dialect. */
function expectDialectOf({ dialect, scopesFrom }: TrustedIssuerOptions): DialectSettings {
  const settings = expectDialect(dialect)
  if (scopesFrom === undefined) {
    return settings
  }
  if (settings.scopes !== 'default') {
    throw invalidOption('Expected `dialect: { scopes }` without `scopesFrom`, which is its former name')
  }
  return { ...settings, scopes: expectDialect({ scopes: scopesFrom }).scopes }
}

function isDiscovered(settings: IssuerSettings): boolean {
  const { keys, introspection } = settings
  const needsEndpoint = introspection !== undefined && introspection.endpoint === undefined
  return (needsKeys(settings) && keys.from === 'metadata') || needsEndpoint
}

function expectName(name: unknown, isFetched: boolean): string {
  const text = expectText(name, 'issuer')
  if (text.includes('/.well-known/')) {
    throw rejectedName(text, 'Expected `issuer` to be the `iss` of its tokens, got the URL of its metadata')
  }
  if (text.length > maxUrlLength) {
    throw rejectedName(text, `Expected \`issuer\` to have at most ${maxUrlLength} characters, got ${text.length}`)
  }
  const url = parsePlainUrl(text)
  if (!isPossibleIssuer(text) || (isFetched && (url === undefined || !isSecure(url)))) {
    throw rejectedName(
      text,
      'Expected `issuer` to be an absolute URL on https: (http: is accepted on loopback only) without query, fragment or credentials, such as https://as.example; it may be another name only when nothing is discovered (`keys` or `secret`, the `endpoint` of `introspection`), or with `metadata`',
    )
  }
  return text
}

function expectFormats(
  options: TrustedIssuerOptions,
  introspection: IntrospectionSettings | undefined,
): IssuerSettings['formats'] {
  const { formats = introspection === undefined ? 'jwt' : 'both', secret, algorithms, profile, keys, seed } = options
  const checked = expectOneOf(formats, 'formats', ['jwt', 'opaque', 'both'])
  if (introspection === undefined && checked !== 'jwt') {
    throw invalidOption(`Expected \`introspection\` with \`formats: '${checked}'\`, because opaque tokens need it`)
  }
  const ofJwts = [
    secret,
    algorithms,
    profile === 'fapi2' ? undefined : profile,
    ...(introspection?.response.as === 'jwt' ? [] : [keys, seed]),
  ]
  if (checked === 'opaque' && ofJwts.some((option) => option !== undefined)) {
    throw invalidOption(
      "Expected no `secret`, `algorithms`, `profile`, `keys` or `seed` with `formats: 'opaque'`: no JWT is validated there",
    )
  }
  return checked
}
