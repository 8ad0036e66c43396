import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { SecurityMessage } from '../diagnostics/messages.ts'
import { own } from '../lib/record.ts'
import { asymmetricAlgorithms } from './algorithms.ts'

/** A public key that can verify signatures. */
export interface UsableKey {
  readonly kid: string | undefined
  /** The algorithms that the key can be used with. An issuer may allow fewer. */
  readonly algorithms: readonly string[]
  /** The hash of the members that count. Two keys are compared by it. */
  readonly identity: string
  readonly key: KeyObject
  /** The memory of the key: an estimate on the high side. */
  readonly bytes: number
}

/** A key in the memory of Node and OpenSSL, and its part for each algorithm. Measured, and rounded up. */
const bytesOfKey = 6144
const bytesOfAlgorithm = 2048

export const minRsaBits = 2048
/** The time to verify a signature grows with the square of the modulus, and with the length of the exponent. */
const maxRsaBits = 8192
const maxRsaExponent = 2n ** 32n
/** The maximum lengths of members in characters. The work to import a key grows with its modulus and its exponent. */
const maxText = 4096
const maxKid = 1024
const maxModulus = 1400
const maxExponent = 16

const texts = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e', 'pub'] as const

type KeyTexts = { readonly [name in (typeof texts)[number]]?: string }

/**
 * Reads a JSON Web Key (RFC 7517 §4). `undefined` for a key that cannot verify signatures. That is a private or
 * symmetric key, a key of an unknown type, or a key with members of a wrong type or beyond their bounds. It is also a
 * point that is not on its curve, or an RSA key outside of 2,048 to 8,192 bits. A member that is `null` is absent.
 */
export function parseJwk(jwk: unknown): UsableKey | undefined {
  const members = parseTexts(jwk)
  if (members === undefined || !isForSignatures(jwk, members) || publishedSecret(jwk) !== undefined) {
    return undefined
  }
  const algorithms = algorithmsOf(members)
  const key = algorithms.length === 0 ? undefined : importKey(members)
  const text = JSON.stringify(members)
  const identity = hash('sha256', text, 'base64url')
  const bytes = bytesOfKey + 3 * text.length + algorithms.length * bytesOfAlgorithm
  return key && { kid: members.kid, algorithms, identity, key, bytes }
}

/** The `kid` of a key, usable or not. `undefined` when it has none within the bounds. */
export function parseKid(jwk: unknown): string | undefined {
  const kid = own(jwk, 'kid')
  return typeof kid === 'string' && kid.length <= maxKid ? kid : undefined
}

/** The private or symmetric material in a key. A public key set must not contain any (RFC 7517 §9.2). */
export function publishedSecret(jwk: unknown): SecurityMessage['event'] | undefined {
  const has = (name: string): boolean => (own(jwk, name) ?? undefined) !== undefined
  if (own(jwk, 'kty') === 'oct' || has('k')) {
    return 'symmetric-key-published'
  }
  return has('d') || has('priv') ? 'private-key-published' : undefined
}

/** The members that the library reads. Others, such as certificates, are not read. */
function parseTexts(jwk: unknown): KeyTexts | undefined {
  const members = texts.flatMap((name) => {
    const value = own(jwk, name) ?? undefined
    return value === undefined ? [] : [[name, value] as const]
  })
  const areValid = members.every(([name, value]) => typeof value === 'string' && value.length <= maxLengthOf(name))
  return areValid ? (Object.assign(Object.create(null), Object.fromEntries(members)) as KeyTexts) : undefined
}

function maxLengthOf(name: (typeof texts)[number]): number {
  switch (name) {
    case 'kid':
      return maxKid
    case 'n':
      return maxModulus
    case 'e':
      return maxExponent
    default:
      return maxText
  }
}

function isForSignatures(jwk: unknown, { use = 'sig' }: KeyTexts): boolean {
  const operations = own(jwk, 'key_ops') ?? ['verify']
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const mlDsaAlgorithms = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']
const algorithmsByCurve: ReadonlyMap<string, readonly string[]> = new Map([
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
])

/** The algorithms of the type and curve of a key, or the one among them that its `alg` names (RFC 7517 §4.4). */
function algorithmsOf({ kty, crv, alg }: KeyTexts): readonly string[] {
  const ofType =
    kty === 'RSA' ? rsaAlgorithms : kty === 'AKP' ? mlDsaAlgorithms : algorithmsByCurve.get(`${kty} ${crv}`)
  const supported = (ofType ?? []).filter((algorithm) => asymmetricAlgorithms.includes(algorithm))
  return alg === undefined && kty !== 'AKP' ? supported : supported.filter((algorithm) => algorithm === alg)
}

function importKey(members: KeyTexts): KeyObject | undefined {
  const key = tryImport(members)
  const { modulusLength, publicExponent } = key?.asymmetricKeyDetails ?? {}
  const isRsa = modulusLength !== undefined && publicExponent !== undefined
  return isRsa && !isWithinBounds(modulusLength, publicExponent) ? undefined : key
}

/**
 * RFC 7518 §3.3 demands 2,048 bits, and RFC 8017 §3.1 an odd exponent of at least 3. The upper bounds limit the work
 * for a signature.
 */
function isWithinBounds(bits: number, exponent: bigint): boolean {
  const isOdd = exponent % 2n === 1n
  return bits >= minRsaBits && bits <= maxRsaBits && exponent >= 3n && exponent < maxRsaExponent && isOdd
}

/**
 * Node rejects missing members, unknown types and points that are not on their curve. OpenSSL errors have no class of
 * their own.
 */
function tryImport(members: KeyTexts): KeyObject | undefined {
  try {
    return createPublicKey({ key: members, format: 'jwk' })
  } catch (error) {
    if (error instanceof Error) {
      return undefined
    }
    throw error
  }
}
