import type { AccessTokenClaims } from '../../access-token.ts'
import { dialectOptionNames } from '../../claims/dialect.ts'
import { describe, expectOptions, invalidOption } from '../../lib/invalid-option.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { own } from '../../lib/record.ts'
import { shared } from '../../lib/shared-state.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { issuerOptionNames, type TrustedIssuer, trustedIssuer } from '../trusted-issuer.ts'

/**
 * Creates the trusted issuer of a preset. The options of the developer replace those of the vendor, and each member of
 * their `dialect` replaces one member. A member that is `undefined` replaces nothing, because it must not drop a check.
 * It does NOT check that the tenant exists.
 */
export function createPreset(url: string, vendor: TrustedIssuerOptions, given?: TrustedIssuerOptions): TrustedIssuer {
  const options = definedMembers(expectPresetOptions(given))
  const dialect =
    options.dialect === undefined
      ? {}
      : definedMembers(expectOptions(options.dialect, 'the `dialect` of the preset', dialectOptionNames))
  const { keys, metadata, ...others } = definedMembers(vendor)
  const hasKeys = options.keys !== undefined || options.secret !== undefined
  const place = hasKeys ? {} : definedMembers({ keys, metadata })
  const issuer = trustedIssuer(url, { ...others, ...place, ...options, dialect: { ...vendor.dialect, ...dialect } })
  issuersOfPresets.add(issuer)
  return issuer
}

const issuersOfPresets = shared('issuers of presets', () => new WeakSet<object>())

/** Whether a preset created the issuer: then the developer wrote another text than its name. */
export function isOfPreset(issuer: TrustedIssuer): boolean {
  return issuersOfPresets.has(issuer)
}

/** Checks the options of a preset that has further options. The result has own members only. */
export function expectPresetOptions<Options extends TrustedIssuerOptions>(
  given: Options | undefined,
  ...names: readonly string[]
): Options {
  return expectOptions(given ?? ({} as Options), 'the options of the preset', [...issuerOptionNames, ...names])
}

/** The own members that are not `undefined`, without a prototype: an inherited member must not become an own one. */
function definedMembers<Options extends object>(options: Options): Options {
  const defined = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.assign(Object.create(null) as Options, Object.fromEntries(defined))
}

/** Returns a text without the white space around it. `name` is that of the argument. */
export function expectPasted(text: unknown, name: string): string {
  if (typeof text !== 'string' || text.trim() === '') {
    throw invalidOption(`Expected ${name} to be a non-empty string, got ${describe(text)}`)
  }
  return text.trim()
}

/**
 * Reads a URL as people paste it: without a scheme, with slashes at the end, or the URL of the metadata. The result has
 * no slash at the end of its path. It throws for everything else. The message does not repeat the text, because people
 * also paste secrets.
 */
export function expectPastedUrl(text: unknown, name: string, example: string): { origin: string; path: string } {
  const pasted = expectPasted(text, name)
  const url = URL.parse(/^[a-z]+:\/\//i.test(pasted) ? pasted : `https://${pasted}`)
  if (url === null || !isHost(url) || url.username !== '' || url.password !== '') {
    throw invalidOption(`Expected ${name} to be a URL such as ${example}, got another text`)
  }
  // RFC 8414 §3.1 puts the suffix before the path, and OpenID Connect Discovery §4.1 after it.
  const path = url.pathname.replace(/^\/\.well-known\/[^/]+/, '').replace(/\/\.well-known\/.*$/, '')
  return { origin: url.origin, path: path.replace(/\/+$/, '') }
}

/** Whether a URL names a host. A name without a dot, or with an underscore, is an id or a secret. */
function isHost(url: URL): boolean {
  const isName = url.hostname.includes('.') && !url.hostname.includes('_')
  return ['http:', 'https:'].includes(url.protocol) && (isName || isLoopback(url) || url.protocol === 'http:')
}

/** Whether a claim is a text with this beginning. */
export function beginsWith(claims: AccessTokenClaims, name: string, beginning: string): boolean {
  const value = own(claims, name)
  return typeof value === 'string' && value.startsWith(beginning)
}

/** Whether all these claims are texts that are not empty. */
export function hasTexts(claims: AccessTokenClaims, ...names: readonly string[]): boolean {
  return names.every((name) => beginsWith(claims, name, '') && own(claims, name) !== '')
}

/** Whether none of these claims is there. */
export function lacks(claims: AccessTokenClaims, ...names: readonly string[]): boolean {
  return names.every((name) => (own(claims, name) ?? undefined) === undefined)
}

/** Whether `sub` is this text. `false` for an empty one. */
export function isSubject(claims: AccessTokenClaims, value: unknown): boolean {
  return typeof value === 'string' && value !== '' && own(claims, 'sub') === value
}
