import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { JSONWebKeySet } from 'jose'
import { holdsPassword, isSecure } from '../http/secure-url.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'
import { symmetricAlgorithms } from './algorithms.ts'
import { isPromising, leastRsaBits, secretMaterialIn } from './jwk.ts'
import { mostKeys } from './key-set.ts'

/** Where the keys of an issuer are to come from, as it is configured. */
export type KeyOrigin =
  | ({ readonly from: 'metadata' } & Seed)
  | ({ readonly from: 'url'; readonly url: string } & Seed)
  | { readonly from: 'inline'; readonly jwks: JSONWebKeySet }
  | { readonly from: 'secret'; readonly secret: Uint8Array }

/** What serves until the first fetch. */
interface Seed {
  readonly seed: JSONWebKeySet | undefined
}

interface KeyOptions {
  readonly keys?: unknown
  readonly secret?: unknown
  readonly seed?: unknown
}

export function expectKeyOrigin({ keys, secret, seed }: KeyOptions, algorithms: readonly string[]): KeyOrigin {
  if (keys !== undefined && secret !== undefined) {
    throw invalidOption('Expected `keys` or `secret`, got both: an issuer with both would invite algorithm confusion')
  }
  const isFetched = secret === undefined && (keys === undefined || typeof keys === 'string' || keys instanceof URL)
  if (!isFetched && seed !== undefined) {
    throw invalidOption('Expected `seed` only where keys are fetched: neither with `secret` nor with a set as `keys`')
  }
  if (secret !== undefined) {
    return { from: 'secret', secret: expectSecret(secret, algorithms) }
  }
  if (!isFetched) {
    return { from: 'inline', jwks: expectJwks(keys, 'keys') }
  }
  const seeds = { seed: seed === undefined ? undefined : expectSeed(seed) }
  return keys === undefined ? { from: 'metadata', ...seeds } : { from: 'url', url: expectUrl(String(keys)), ...seeds }
}

/** A set, or the file that holds one, which is read at once. */
function expectSeed(seed: unknown): JSONWebKeySet {
  return expectJwks(typeof seed === 'string' || seed instanceof URL ? readSeed(seed) : seed, 'seed')
}

function readSeed(file: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const { code } = asRecord(cause)
    const why = cause instanceof SyntaxError ? 'it is not JSON' : typeof code === 'string' ? code : 'it cannot be read'
    const hint = /^https?:/.test(String(file)) ? '; the URL of a set that is fetched is given as `keys`' : ''
    throw invalidOption(
      `Expected \`seed\` to be a JWK Set or the path of a file that holds one: ${String(file)} (${why})${hint}`,
    )
  }
}

function expectSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (!(bytes instanceof Uint8Array)) {
    throw invalidOption(`Expected \`secret\` to be a string or a Uint8Array, got ${describe(secret)}`)
  }
  if (isPublicKey(bytes)) {
    throw invalidOption('Expected `secret` to be a shared secret, got a public key, which is none; give it as `keys`')
  }
  const least = Math.max(...algorithms.map((algorithm) => symmetricAlgorithms[algorithm] ?? 0))
  if (bytes.length < least) {
    throw invalidOption(
      `Expected \`secret\` to have at least ${least} bytes for ${algorithms.join(', ')}, got ${bytes.length}`,
    )
  }
  return Uint8Array.from(bytes)
}

function expectUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !isSecure(url) || holdsPassword(url)) {
    throw invalidOption(
      'Expected `keys` to be a URL on https: (http: is accepted on loopback only) without user name and password, or a JWK Set',
    )
  }
  return text
}

function expectJwks(jwks: unknown, name: 'keys' | 'seed'): JSONWebKeySet {
  const { keys } = asRecord(jwks)
  if (!Array.isArray(keys)) {
    throw invalidOption(
      `Expected \`${name}\` to be ${name === 'keys' ? 'the URL of' : 'the path of a file that holds'} a JWK Set, or a JWK Set: { keys: [...] }`,
    )
  }
  if (keys.map(asRecord).some((key) => secretMaterialIn(key) !== undefined)) {
    throw invalidOption(`Expected \`${name}\` to hold public keys only, got private or symmetric material`)
  }
  if (keys.length > mostKeys || !keys.some(couldVerify)) {
    throw invalidOption(
      `Expected \`${name}\` to hold at least one public key that can verify a signature, and ${mostKeys} at most`,
    )
  }
  return structuredClone({ keys })
}

/** PEM, the text of a JWK or of a set, or DER: whoever knows it could sign. */
function isPublicKey(secret: Uint8Array): boolean {
  const text = new TextDecoder().decode(secret)
  return (
    text.includes('-----BEGIN ') ||
    /^\s*\{.*"(?:kty|keys)"/s.test(text) ||
    (['spki', 'pkcs1'] as const).some(
      (type) => canImport({ key: Buffer.from(secret), format: 'der', type }) !== undefined,
    )
  )
}

/** Now and not at the first token: a key set that cannot work is a mistake of ours and not an outage. */
function couldVerify(jwk: unknown): boolean {
  const key = isPromising(jwk) ? canImport({ key: jwk, format: 'jwk' }) : undefined
  return key !== undefined && (key.asymmetricKeyDetails?.modulusLength ?? leastRsaBits) >= leastRsaBits
}

function canImport(input: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  try {
    return createPublicKey(input)
  } catch (error) {
    if (error instanceof Error) {
      return undefined
    }
    throw error
  }
}
