import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { SecurityMessage } from '../diagnostics/messages.ts'
import { own } from '../lib/record.ts'
import { algorithmsByType } from './algorithms.ts'

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
/** The work to import a key grows with its modulus and its exponent. */
const maxLengths = { kty: 64, kid: 1024, alg: 64, use: 64, crv: 64, x: 4096, y: 4096, n: 1400, e: 16, pub: 4096 }

type KeyTexts = { readonly [name in keyof typeof maxLengths]?: string }

/**
 * Reads a JSON Web Key (RFC 7517 §4). `undefined` for a key that cannot verify signatures: a private key, one that Node
 * rejects, or RSA beyond 2,048 to 8,192 bits. The same for members of a wrong type or beyond their bounds. A member
 * that is `null` is absent.
 */
export function parseJwk(jwk: unknown): UsableKey | undefined {
  const members = parseTexts(jwk)
  if (members === undefined || !isForSignatures(jwk, members) || publishedSecret(jwk) !== undefined) {
    return undefined
  }
  const algorithms = algorithmsOf(members)
  const key = algorithms.length === 0 ? undefined : importPublicKey({ key: members, format: 'jwk' })
  const text = JSON.stringify(members)
  const identity = hash('sha256', text, 'base64url')
  const bytes = bytesOfKey + 3 * text.length + algorithms.length * bytesOfAlgorithm
  return key && isWithinBounds(key) ? { kid: members.kid, algorithms, identity, key, bytes } : undefined
}

/** The `kid` of a key, usable or not. `undefined` when it has none within the bounds. */
export function parseKid(jwk: unknown): string | undefined {
  const kid = own(jwk, 'kid')
  return typeof kid === 'string' && kid.length <= maxLengths.kid ? kid : undefined
}

/** The private or symmetric material in a key. A public key set must not contain any (RFC 7517 §9.2). */
export function publishedSecret(jwk: unknown): SecurityMessage['event'] | undefined {
  const has = (name: string): boolean => (own(jwk, name) ?? undefined) !== undefined
  if (own(jwk, 'kty') === 'oct' || has('k')) {
    return 'symmetric-key-published'
  }
  return has('d') || has('priv') ? 'private-key-published' : undefined
}

/** `undefined` when Node rejects the key. OpenSSL errors have no class of their own. */
export function importPublicKey(key: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  try {
    return createPublicKey(key)
  } catch (error) {
    if (error instanceof Error) {
      return undefined
    }
    throw error
  }
}

/** The members that the library reads. Others, such as certificates, are not read. */
function parseTexts(jwk: unknown): KeyTexts | undefined {
  const members = Object.create(null) as Record<string, string>
  for (const [name, maxLength] of Object.entries(maxLengths)) {
    const value = own(jwk, name) ?? undefined
    if (typeof value === 'string' && value.length <= maxLength) {
      members[name] = value
    } else if (value !== undefined) {
      return undefined
    }
  }
  return members
}

function isForSignatures(jwk: unknown, { use = 'sig' }: KeyTexts): boolean {
  const operations = own(jwk, 'key_ops') ?? ['verify']
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}

/** The algorithms of the type and curve of a key, or the one among them that its `alg` names (RFC 7517 §4.4). */
function algorithmsOf({ kty = '', crv, alg }: KeyTexts): readonly string[] {
  const ofType = algorithmsByType.get(kty) ?? algorithmsByType.get(`${kty} ${crv}`) ?? []
  return alg === undefined && kty !== 'AKP' ? ofType : ofType.filter((algorithm) => algorithm === alg)
}

/** RFC 7518 §3.3 demands 2,048 bits for RSA, and RFC 8017 §3.1 an odd exponent of at least 3. */
function isWithinBounds({ asymmetricKeyDetails = {} }: KeyObject): boolean {
  const { modulusLength: bits = minRsaBits, publicExponent: exponent = 3n } = asymmetricKeyDetails
  const isOdd = exponent % 2n === 1n
  return bits >= minRsaBits && bits <= maxRsaBits && exponent >= 3n && exponent < maxRsaExponent && isOdd
}
