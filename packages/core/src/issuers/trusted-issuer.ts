import type { JSONWebKeySet } from 'jose'
import { type Duration, expectDuration } from '../duration.ts'
import { isSecure, parsePlainUrl } from '../http/secure-url.ts'
import { describe, expectOneOf, expectOptions, expectText, expectTexts, invalidOption } from '../invalid-option.ts'
import { asRecord } from '../record.ts'
import { asymmetricAlgorithms, symmetricAlgorithms } from '../keys/algorithms.ts'

export interface TrustedIssuerOptions {
  /** The audience its tokens must be meant for, one of them if several. Default: the validator's `audience`. */
  readonly audience?: string | readonly string[]
  /**
   * The JWS algorithms its tokens may be signed with; the token's `alg` selects among them and never widens them
   * (RFC 8725 §3.1). Default: every asymmetric one that jose and the running Node support; with `secret`, `HS256`.
   */
  readonly algorithms?: readonly string[]
  /** Its keys: the URL of a JWK Set, or the set itself. Default: the `jwks_uri` that its metadata names. */
  readonly keys?: string | JSONWebKeySet
  /** A secret shared with it, for HMAC, instead of keys; at least as long as the hash (RFC 7518 §3.2). A string counts as its UTF-8 bytes. */
  readonly secret?: string | Uint8Array
  /**
   * `'rfc9068'` demands the whole JWT profile for access tokens: `typ` `at+jwt`, and `iss`, `exp`, `aud`, `sub`,
   * `client_id`, `iat`, `jti`. Default: `typ` `JWT` or none passes too, unless the claims show another kind of token.
   */
  readonly profile?: 'rfc9068'
  /** The longest remaining lifetime of a token that is accepted; with it, an `iat` in the future is refused too. Default: no limit. */
  readonly maxLifetime?: Duration
}

/** An issuer whose access tokens are accepted, and its policy. Made by `trustedIssuer`; checked and frozen. */
export interface TrustedIssuer {
  /** Exactly as in the `iss` of its tokens; never normalized (RFC 8725 §3.8). */
  readonly url: string
  readonly audience: readonly string[] | undefined
  readonly algorithms: readonly string[]
  readonly keys: KeyOrigin
  readonly profile: 'rfc9068' | undefined
  /** Milliseconds. */
  readonly maxLifetime: number | undefined
}

type KeyOrigin =
  | { readonly from: 'metadata' }
  | { readonly from: 'url'; readonly url: string }
  | { readonly from: 'inline'; readonly jwks: JSONWebKeySet }
  | { readonly from: 'secret'; readonly secret: Uint8Array }

const known = ['audience', 'algorithms', 'keys', 'secret', 'profile', 'maxLifetime']
const made = new WeakSet()

/**
 * Names an issuer whose access tokens are accepted. Nothing is fetched until its first token arrives, so a process
 * starts while its issuer is down.
 *
 * `url` is compared with the token's `iss` as a string and must be exactly what the issuer calls itself, the trailing
 * slash included. Plain `http:` is refused except on loopback. With `keys` or `secret` it need not be a URL.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an option that cannot be meant.
 */
export function trustedIssuer(url: string, options: TrustedIssuerOptions = {}): TrustedIssuer {
  expectOptions(options, 'the options of trustedIssuer', known)
  const { audience, keys, secret, profile, maxLifetime } = options
  const issuer: TrustedIssuer = Object.freeze({
    url: expectIssuer(url, keys !== undefined || secret !== undefined),
    audience: audience === undefined ? undefined : expectTexts(audience, 'audience'),
    algorithms: expectAlgorithms(options),
    keys: expectKeys(options),
    profile: profile === undefined ? undefined : expectOneOf(profile, 'profile', ['rfc9068']),
    maxLifetime: maxLifetime === undefined ? undefined : expectDuration(maxLifetime, 'maxLifetime'),
  })
  made.add(issuer)
  return issuer
}

/** Whether `trustedIssuer` made it: an object that only looks like one has passed no check. */
export function isTrustedIssuer(value: unknown): value is TrustedIssuer {
  return typeof value === 'object' && value !== null && made.has(value)
}

function expectIssuer(url: unknown, isPinned: boolean): string {
  const text = expectText(url, 'issuer')
  const parsed = parsePlainUrl(text)
  if (parsed === undefined && !(isPinned && !URL.canParse(text))) {
    throw invalidOption(
      'Expected `issuer` to be an absolute URL without query, fragment or user name, such as https://as.example; give `keys` or `secret` for an issuer whose name is no URL',
    )
  }
  if (parsed?.protocol === 'http:' && !isSecure(parsed)) {
    throw invalidOption('Expected `issuer` to be on https: (http: is accepted on loopback only)')
  }
  if (parsed !== undefined && !isSecure(parsed) && !isPinned) {
    throw invalidOption('Expected `issuer` to be on https:, for its metadata has to be fetched')
  }
  return text
}

function expectAlgorithms({ algorithms, secret }: TrustedIssuerOptions): readonly string[] {
  const possible = secret === undefined ? asymmetricAlgorithms : Object.keys(symmetricAlgorithms)
  if (algorithms === undefined) {
    return secret === undefined ? asymmetricAlgorithms : ['HS256']
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalidOption(`Expected \`algorithms\` to be an array of at least one, got ${describe(algorithms)}`)
  }
  for (const algorithm of algorithms) {
    if (!possible.includes(algorithm)) {
      const hint = secret === undefined ? '; HMAC needs `secret`, and `none` is never accepted' : ''
      throw invalidOption(`Expected each of \`algorithms\` to be one of ${possible.join(', ')}${hint}`)
    }
  }
  return Object.freeze([...algorithms])
}

function expectKeys(options: TrustedIssuerOptions): KeyOrigin {
  const { keys, secret } = options
  if (keys !== undefined && secret !== undefined) {
    throw invalidOption('Expected `keys` or `secret`, got both: an issuer with both would invite algorithm confusion')
  }
  if (secret !== undefined) {
    return { from: 'secret', secret: expectSecret(secret, expectAlgorithms(options)) }
  }
  if (keys === undefined) {
    return { from: 'metadata' }
  }
  return typeof keys === 'string'
    ? { from: 'url', url: expectKeysUrl(keys) }
    : { from: 'inline', jwks: expectJwks(keys) }
}

function expectSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (!(bytes instanceof Uint8Array)) {
    throw invalidOption(`Expected \`secret\` to be a string or a Uint8Array, got ${describe(secret)}`)
  }
  if (new TextDecoder().decode(bytes).includes('-----BEGIN ')) {
    throw invalidOption(
      'Expected `secret` to be a shared secret, got a PEM: a public key is not secret; give it as `keys`',
    )
  }
  const least = Math.max(...algorithms.map((algorithm) => symmetricAlgorithms[algorithm] ?? 0))
  if (bytes.length < least) {
    throw invalidOption(
      `Expected \`secret\` to have at least ${least} bytes for ${algorithms.join(', ')}, got ${bytes.length}`,
    )
  }
  return Uint8Array.from(bytes)
}

function expectKeysUrl(text: string): string {
  if (!URL.canParse(text) || !isSecure(new URL(text))) {
    throw invalidOption('Expected `keys` to be a URL on https: (http: is accepted on loopback only), or a JWK Set')
  }
  return text
}

function expectJwks(jwks: unknown): JSONWebKeySet {
  const { keys } = asRecord(jwks)
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalidOption(
      'Expected `keys` to be the URL of a JWK Set, or a JWK Set with at least one key: { keys: [...] }',
    )
  }
  const holdsSecrets = keys.map(asRecord).some((key) => key['kty'] === 'oct' || 'd' in key || 'priv' in key)
  if (holdsSecrets) {
    throw invalidOption('Expected `keys` to hold public keys only, got private or symmetric material')
  }
  return structuredClone({ keys })
}
