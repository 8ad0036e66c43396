import type { KeyObject } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose'
import { type AssertionKey, expectAssertionKey } from '../introspection/client-authentication/assertion-key.ts'
import { describe, expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'
import { isSecure } from '../lib/loopback.ts'
import { isScope } from '../responses/challenge.ts'

/** The option `resource` of a validator: what its metadata says (RFC 9728 §2). */
export interface ResourceOptions {
  /** The identifier of the resource: an absolute URL on `https:` (`http:` on loopback), without a fragment. */
  readonly url: string
  /** The scopes in `scopes_supported`. Default: those of the guards. */
  readonly scopes?: readonly string[] | undefined
  /** The URLs in `authorization_servers`, for an `issuer` function. Listed issuers are in the metadata by themselves. */
  readonly authorizationServers?: readonly string[] | undefined
  /** A name for people. */
  readonly name?: string | undefined
  /** The URL of a page for developers. */
  readonly documentation?: string | undefined
  /** The URL of a page about the use of data. */
  readonly policy?: string | undefined
  /** The URL of the terms of service. */
  readonly termsOfService?: string | undefined
  /**
   * The private key that signs the metadata (`signed_metadata`, RFC 9728 §2.2): a JWK, a `KeyObject`, a `CryptoKey` or
   * PEM. The algorithm is the `alg` of a JWK, or the usual one for the kind of key. Default: the metadata is not signed.
   */
  readonly signingKey?: CryptoKey | KeyObject | JWK | string | Uint8Array | undefined
  /** The `iss` of the signed metadata: the party that attests to it. Default: `url`. */
  readonly signingIssuer?: string | undefined
}

/** The checked option. */
export interface ResourceSettings extends Omit<ResourceOptions, 'signingKey'> {
  readonly signingKey?: AssertionKey | undefined
  readonly signingIssuer: string
  /** `'audience'`: the developer gave no `resource`. */
  readonly source: 'option' | 'audience'
}

const pages = ['documentation', 'policy', 'termsOfService'] as const

const names: readonly (keyof ResourceOptions)[] = [
  ...(['url', 'scopes', 'authorizationServers', 'name', 'signingKey', 'signingIssuer'] as const),
  ...pages,
]

/** Checks the option `resource`. Default: the only audience that is a URL of the web. `undefined` without one. */
export function expectResource(
  given: unknown,
  audiences: readonly string[],
  issuers: 'listed' | 'resolved',
): ResourceSettings | undefined {
  if (given === undefined) {
    const [only, ...others] = audiences.filter((audience) => isResource(audience))
    return only === undefined || others.length > 0 ? undefined : { url: only, signingIssuer: only, source: 'audience' }
  }
  const options = expectOptions(
    (typeof given === 'string' ? { url: given } : given) as ResourceOptions,
    'the option `resource`',
    names,
  )
  const url = expectText(options.url, 'resource.url')
  if (!isResource(url)) {
    throw invalidOption(
      "Expected `resource` to be a URL on https: (http: on loopback) without a fragment and without credentials, such as 'https://api.example.com'",
    )
  }
  pages.forEach((page) => expectPage(options[page], `resource.${page}`))
  const { name, signingKey, signingIssuer } = options
  return Object.freeze({
    ...options,
    url,
    scopes: expectScopes(options.scopes),
    authorizationServers: expectServers(options.authorizationServers, issuers),
    name: name === undefined ? undefined : expectText(name, 'resource.name'),
    signingKey: signingKey === undefined ? undefined : expectAssertionKey(signingKey, {}, 'resource.signingKey'),
    signingIssuer: expectSigningIssuer(signingIssuer, signingKey) ?? url,
    source: 'option',
  })
}

function expectPage(value: unknown, name: string): void {
  if (value !== undefined && (typeof value !== 'string' || !isWebUrl(value))) {
    throw invalidOption(`Expected \`${name}\` to be a URL of the web, got ${describe(value)}`)
  }
}

function expectScopes(given: unknown): readonly string[] | undefined {
  const scopes = given === undefined ? undefined : expectTexts(given, 'resource.scopes')
  if (scopes?.every(isScope) === false) {
    throw invalidOption(
      'Expected each of `resource.scopes` to be printable ASCII without spaces, quotes and backslashes',
    )
  }
  return scopes
}

/** A second list of issuers could differ from the first one. */
function expectServers(given: unknown, issuers: 'listed' | 'resolved'): readonly string[] | undefined {
  if (given === undefined) {
    return undefined
  }
  if (issuers === 'listed') {
    throw invalidOption(
      'Expected `resource.authorizationServers` with an `issuer` function only, because the listed issuers are in the metadata',
    )
  }
  const servers = expectTexts(given, 'resource.authorizationServers')
  servers.forEach((server) => expectPage(server, 'resource.authorizationServers'))
  return servers
}

function expectSigningIssuer(given: unknown, signingKey: unknown): string | undefined {
  if (given !== undefined && signingKey === undefined) {
    throw invalidOption('Expected `resource.signingIssuer` beside `resource.signingKey`, which signs the metadata')
  }
  return given === undefined ? undefined : expectText(given, 'resource.signingIssuer')
}

function isResource(text: string): boolean {
  if (!isWebUrl(text) || text.includes('#')) {
    return false
  }
  const url = new URL(text)
  return isSecure(url) && url.username === '' && url.password === ''
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text)
}
