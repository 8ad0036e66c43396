import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hasCredentials, isSecure } from '../http/secure-url.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { own } from '../lib/record.ts'
import { symmetricAlgorithms } from './algorithms.ts'
import { publishedSecret } from './jwk.ts'
import { type KeySet, keySetOf, maxKeys, secretKeySet } from './key-set.ts'

/** The configured origin of the keys of an issuer. */
export type KeyOrigin =
  | ({ readonly from: 'metadata' } & Seed)
  | ({ readonly from: 'url'; readonly url: string } & Seed)
  | { readonly from: 'inline'; readonly keys: KeySet }
  | { readonly from: 'secret'; readonly keys: KeySet }

interface Seed {
  /** The keys that serve until the first fetch. */
  readonly seed: KeySet | undefined
}

interface KeyOptions {
  readonly keys?: unknown
  readonly secret?: unknown
  readonly seed?: unknown
}

/**
 * Checks the options `keys`, `secret` and `seed` of an issuer. A key set must contain a key that can verify a
 * signature, and no private material.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'`.
 */
export function expectKeyOrigin({ keys, secret, seed }: KeyOptions, algorithms: readonly string[]): KeyOrigin {
  if (keys !== undefined && secret !== undefined) {
    throw invalidOption('Expected `keys` or `secret`, got both: an issuer with both would invite algorithm confusion')
  }
  const isFetched = secret === undefined && (keys === undefined || typeof keys === 'string' || keys instanceof URL)
  if (!isFetched && seed !== undefined) {
    throw invalidOption('Expected `seed` only where keys are fetched: neither with `secret` nor with a set as `keys`')
  }
  if (secret !== undefined) {
    return { from: 'secret', keys: secretKeySet(expectSecret(secret, algorithms)) }
  }
  if (!isFetched) {
    return { from: 'inline', keys: expectKeySet(keys, 'keys') }
  }
  const seeds = { seed: seed === undefined ? undefined : expectSeed(seed) }
  return keys === undefined ? { from: 'metadata', ...seeds } : { from: 'url', url: expectUrl(String(keys)), ...seeds }
}

/** A key set, or the path of its file. The file is read at once. */
function expectSeed(seed: unknown): KeySet {
  return expectKeySet(typeof seed === 'string' || seed instanceof URL ? readSeed(seed) : seed, 'seed')
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
    const hint = /^https?:/.test(String(file)) ? '; the URL of a set that is fetched is given as `keys`' : ''
    throw invalidOption(
      `Expected \`seed\` to be a JWK Set or the path of a file that contains one: ${String(file)} (${why})${hint}`,
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
  if (!Array.isArray(keys)) {
    throw invalidOption(
      `Expected \`${name}\` to be ${name === 'keys' ? 'the URL of' : 'the path of a file that contains'} a JWK Set, or a JWK Set: { keys: [...] }`,
    )
  }
  if (keys.some((key) => publishedSecret(key) !== undefined)) {
    throw invalidOption(`Expected \`${name}\` to contain public keys only, got private or symmetric material`)
  }
  const keySet = keys.length <= maxKeys ? keySetOf(keys) : undefined
  if (keySet?.isUsable !== true) {
    throw invalidOption(
      `Expected \`${name}\` to contain at least one public key that can verify a signature (RSA keys have 2048 to 8192 bits), and at most ${maxKeys} keys`,
    )
  }
  return keySet
}

/**
 * Whether a secret is a public key: PEM, DER, or the text of a JWK or JWK Set. Such a secret would let every client
 * sign tokens.
 */
function isPublicKey(secret: Uint8Array): boolean {
  const text = new TextDecoder().decode(secret)
  return (
    text.includes('-----BEGIN ') ||
    /^\s*\{.*"(?:kty|keys)"/s.test(text) ||
    (['spki', 'pkcs1'] as const).some((type) => isDer(Buffer.from(secret), type))
  )
}

/** OpenSSL errors have no class of their own. */
function isDer(key: Buffer, type: 'spki' | 'pkcs1'): boolean {
  try {
    createPublicKey({ key, format: 'der', type })
    return true
  } catch (error) {
    if (error instanceof Error) {
      return false
    }
    throw error
  }
}
