import type { AccessTokenClaims } from '../../access-token.ts'
import { dialectOptionNames } from '../../claims/dialect.ts'
import { describe, expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { issuerOptionNames, type TrustedIssuer, trustedIssuer } from '../trusted-issuer.ts'

/**
 * Creates the trusted issuer of a preset. The options of the developer replace those of the vendor, and each member of
 * their `dialect` replaces one member. A member that is `undefined` replaces nothing, because it must not drop a check.
 */
export function createPreset(
  url: string,
  vendor: TrustedIssuerOptions,
  given: TrustedIssuerOptions = {},
): TrustedIssuer {
  const options = definedMembers(expectOptions(given, 'the options of the preset', issuerOptionNames))
  const dialect =
    options.dialect === undefined
      ? {}
      : definedMembers(expectOptions(options.dialect, 'the `dialect` of the preset', dialectOptionNames))
  const { keys, metadata, ...others } = vendor
  const hasKeys = options.keys !== undefined || options.secret !== undefined
  const place = hasKeys ? {} : definedMembers({ keys, metadata })
  return trustedIssuer(url, { ...others, ...place, ...options, dialect: { ...vendor.dialect, ...dialect } })
}

function definedMembers<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}

/**
 * Reads a URL as people paste it: without a scheme, with slashes at the end, or the URL of the metadata. The result has
 * no slash at the end of its path. It throws for everything else.
 */
export function expectPastedUrl(text: unknown, name: string, example: string): { origin: string; path: string } {
  const pasted = expectText(text, name).trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(pasted) ? pasted : `https://${pasted}`)
  if (url === null || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw invalidOption(`Expected ${name} to be a URL such as ${example}, got ${describe(text)}`)
  }
  // RFC 8414 §3.1 puts the suffix before the path, and OpenID Connect Discovery §4.1 after it.
  const path = url.pathname.replace(/^\/\.well-known\/[^/]+/, '').replace(/\/\.well-known\/.*$/, '')
  return { origin: url.origin, path: path.replace(/\/+$/, '') }
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

/** Whether the subject of a token is this client, or another value that is a text. */
export function isSubject(claims: AccessTokenClaims, value: unknown): boolean {
  return typeof value === 'string' && value !== '' && own(claims, 'sub') === value
}
