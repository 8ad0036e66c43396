import { readFileSync } from 'node:fs'
import { hasCredentials, isSecure } from '../http/secure-url.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { own } from '../lib/record.ts'
import { symmetricAlgorithms } from './algorithms.ts'
import { importPublicKey, publishedSecret } from './jwk.ts'
import { type KeySet, keySetOf, maxKeys, secretKeySet } from './key-set.ts'

/** The configured origin of the keys of an issuer. `seed` are keys that serve until the first fetch. */
export type KeyOrigin =
  | { readonly from: 'metadata'; readonly seed: KeySet | undefined }
  | { readonly from: 'url'; readonly url: string; readonly seed: KeySet | undefined }
  | { readonly from: 'inline'; readonly keys: KeySet }
  | { readonly from: 'secret'; readonly keys: KeySet }

/**
 * Checks the options `keys`, `secret` and `seed` of an issuer. A key set must contain a key that can verify a
 * signature, and no private material.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'`.
 */
export function expectKeyOrigin(
  { keys, secret, seed }: { readonly keys?: unknown; readonly secret?: unknown; readonly seed?: unknown },
  algorithms: readonly string[],
): KeyOrigin {
  if (keys !== undefined && secret !== undefined) {
    throw invalidOption('Expected `keys` or `secret`, got both: an issuer with both would invite algorithm confusion')
  }
  const isFetched = secret === undefined && (keys === undefined || isPath(keys))
  if (!isFetched && seed !== undefined) {
    throw invalidOption('Expected `seed` only where keys are fetched: neither with `secret` nor with a set as `keys`')
  }
  if (secret !== undefined) {
    return { from: 'secret', keys: secretKeySet(expectSecret(secret, algorithms)) }
  }
  if (!isFetched) {
    return { from: 'inline', keys: expectKeySet(keys, 'keys') }
  }
  const seedKeys = seed === undefined ? undefined : expectKeySet(isPath(seed) ? readSeed(seed) : seed, 'seed')
  return keys === undefined
    ? { from: 'metadata', seed: seedKeys }
    : { from: 'url', url: expectUrl(String(keys)), seed: seedKeys }
}

function isPath(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL
}

function readSeed(file: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (!(cause instanceof Error)) {
      throw cause
    }
    const code = own(cause, 'code')
    const why = cause instanceof SyntaxError ? 'it is not JSON' : typeof code === 'string' ? code : 'it cannot be read'
    const shown = /^\s*[{[]/.test(String(file)) ? 'the text of a set' : String(file).slice(0, 200)
    const hint = /^https?:/.test(String(file)) ? '; the URL of a set that is fetched is given as `keys`' : ''
    throw invalidOption(
      `Expected \`seed\` to be a JWK Set or the path of a file that contains one, got ${shown} (${why})${hint}`,
    )
  }
}

function expectSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (!(bytes instanceof Uint8Array)) {
    throw invalidOption(`Expected \`secret\` to be a string or a Uint8Array, got ${describe(secret)}`)
  }
  if (isPublicKey(bytes)) {
    throw invalidOption('Expected `secret` to be a shared secret, got a public key. Give a public key as `keys`')
  }
  const minBytes = Math.max(...algorithms.map((algorithm) => symmetricAlgorithms[algorithm] ?? 0))
  if (bytes.length < minBytes) {
    throw invalidOption(
      `Expected \`secret\` to have at least ${minBytes} bytes for ${algorithms.join(', ')}, got ${bytes.length}`,
    )
  }
  return Uint8Array.from(bytes)
}

/** Whether a secret is a public key: PEM, DER, or the text of a JWK or JWK Set. Then every client could sign tokens. */
function isPublicKey(secret: Uint8Array): boolean {
  const text = new TextDecoder().decode(secret)
  const isDer = (type: 'spki' | 'pkcs1'): boolean =>
    importPublicKey({ key: Buffer.from(secret), format: 'der', type }) !== undefined
  return text.includes('-----BEGIN ') || /^\s*\{.*"(?:kty|keys)"/s.test(text) || isDer('spki') || isDer('pkcs1')
}

/** Returns the spelling of the URL parser, because that is what was checked. */
function expectUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !isSecure(url) || hasCredentials(url)) {
    throw invalidOption(
      'Expected `keys` to be a URL on https: (http: is accepted on loopback only) without user name and password, or a JWK Set',
    )
  }
  return url.href
}

function expectKeySet(jwks: unknown, name: 'keys' | 'seed'): KeySet {
  const keys = own(jwks, 'keys')
  const fault = (expected: string): Error => invalidOption(`Expected \`${name}\` to ${expected}`)
  if (!Array.isArray(keys)) {
    const source = name === 'keys' ? 'the URL of' : 'the path of a file that contains'
    throw fault(`be ${source} a JWK Set, or a JWK Set: { keys: [...] }`)
  }
  if (keys.some((key) => publishedSecret(key) !== undefined)) {
    throw fault('contain public keys only, got private or symmetric material')
  }
  const keySet = keys.length <= maxKeys ? keySetOf(keys) : undefined
  if (keySet?.isUsable !== true) {
    throw fault(
      `contain at least one public key that can verify a signature (RSA keys have 2048 to 8192 bits), and at most ${maxKeys} keys`,
    )
  }
  return keySet
}
