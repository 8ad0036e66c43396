import { createPublicKey, type KeyObject } from 'node:crypto'
import type { SecurityMessage } from '../diagnostics/messages.ts'
import { maxUrlLength } from '../http/secure-url.ts'
import { hash } from '../lib/recent-node.ts'
import { isRecord, own, ownPresent } from '../lib/record.ts'
import { undefinedIfError } from '../lib/undefined-if-error.ts'
import type { PassedOverReason } from '../responses/passed-over-key.ts'
import { algorithmsByType } from './algorithms.ts'

/** A public key that can verify signatures. */
export interface UsableKey {
  readonly kid: string | undefined
  /** The issuer whose tokens the key may verify, or a template of several. `undefined`: every issuer of the set. */
  readonly issuer: string | undefined
  /** The algorithms that the key can be used with. An issuer may allow fewer. */
  readonly algorithms: readonly string[]
  /** The hash of the members that count, `issuer` included. Two keys are compared by it. */
  readonly identity: string
  readonly key: KeyObject
  /** The memory of the key: an estimate on the high side. */
  readonly bytes: number
}

/** Why a key cannot verify signatures. */
export interface KeyFault {
  readonly reason: PassedOverReason
  /** A sentence for the operator. It contains no value of the key. */
  readonly message: string
}

/** A key that was read: it is usable, or it has a fault. */
export type ParsedJwk =
  | { readonly key: UsableKey; readonly fault: undefined }
  | { readonly key: undefined; readonly fault: KeyFault }

/** A key in the memory of Node and OpenSSL, and its part for each algorithm. Measured, and rounded up. */
const bytesOfKey = 6144
const bytesOfAlgorithm = 2048

export const minRsaBits = 2048
/** The time to verify a signature grows with the square of the modulus, and with the length of the exponent. */
const maxRsaBits = 8192
const maxRsaExponent = 2n ** 32n
export const maxKidLength = 1024
/** The work to import a key grows with its modulus and its exponent. `issuer` is as long as a name of an issuer. */
const maxLengths = {
  kty: 64,
  kid: maxKidLength,
  alg: 64,
  use: 64,
  crv: 64,
  x: 4096,
  y: 4096,
  n: 1400,
  e: 16,
  pub: 4096,
  issuer: maxUrlLength,
}

type KeyTexts = { readonly [name in keyof typeof maxLengths]?: string }

/**
 * Reads a JSON Web Key (RFC 7517 §4). It has a fault for a private key, a key that Node rejects, and an RSA key outside
 * 2,048 to 8,192 bits. It also has one for a member of a wrong type or length. A member that is `null` or empty is
 * absent. It does NOT check for which issuer the key is.
 */
export function parseJwk(jwk: unknown): ParsedJwk {
  const members = parseTexts(jwk)
  const fault = faultOf(jwk, members)
  if (fault !== undefined) {
    return { key: undefined, fault }
  }
  const texts = members as KeyTexts
  const algorithms = algorithmsOf(texts)
  const key = importPublicKey({ key: texts, format: 'jwk' })
  if (key === undefined) {
    return { key, fault: invalidKey }
  }
  const outOfBounds = boundsFault(key)
  if (outOfBounds !== undefined) {
    return { key: undefined, fault: outOfBounds }
  }
  const text = JSON.stringify(texts)
  const identity = hash('sha256', text, 'base64url')
  const bytes = bytesOfKey + 3 * text.length + algorithms.length * bytesOfAlgorithm
  return { key: { kid: texts.kid, issuer: texts.issuer, algorithms, identity, key, bytes }, fault: undefined }
}

/** The `kid` of a key, usable or not. `undefined` when it has none within the bounds. */
export function parseKid(jwk: unknown): string | undefined {
  const kid = ownPresent(jwk, 'kid')
  return typeof kid === 'string' && kid.length <= maxKidLength ? kid : undefined
}

/** The private or symmetric material in a key. A public key set must not contain any (RFC 7517 §9.2). */
export function publishedSecret(jwk: unknown): SecurityMessage['event'] | undefined {
  const has = (name: string): boolean => ownPresent(jwk, name) !== undefined
  if (own(jwk, 'kty') === 'oct' || has('k')) {
    return 'symmetric-key-published'
  }
  return has('d') || has('priv') ? 'private-key-published' : undefined
}

/** `undefined` when Node rejects the key. */
export function importPublicKey(key: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  return undefinedIfError(() => createPublicKey(key))
}

/** The members that the library reads, or the fault of one. Others, such as certificates, are not read. */
function parseTexts(jwk: unknown): KeyTexts | KeyFault {
  const members = Object.create(null) as Record<string, string>
  for (const [name, maxLength] of Object.entries(maxLengths)) {
    const value = ownPresent(jwk, name)
    if (value !== undefined && typeof value !== 'string') {
      return { reason: 'malformed-member', message: `\`${name}\` is not a text` }
    }
    if (value !== undefined && value.length > maxLength) {
      return { reason: 'member-too-long', message: `\`${name}\` has more than ${maxLength} characters` }
    }
    if (value !== undefined) {
      members[name] = value
    }
  }
  return members
}

function faultOf(jwk: unknown, members: KeyTexts | KeyFault): KeyFault | undefined {
  if (!isRecord(jwk) || ownPresent(jwk, 'kty') === undefined) {
    return { reason: 'not-a-key', message: 'it is no JWK with `kty`' }
  }
  if (publishedSecret(jwk) !== undefined) {
    return { reason: 'private-material', message: 'it contains private or symmetric material' }
  }
  if ('reason' in members) {
    return members
  }
  return useFault(jwk, members) ?? typeFault(members)
}

function useFault(jwk: unknown, { use = 'sig' }: KeyTexts): KeyFault | undefined {
  const reason = 'not-for-signatures'
  if (use !== 'sig') {
    return { reason, message: use === 'enc' ? '`use` is `enc`' : '`use` is not `sig`' }
  }
  // An empty array is not absent: a key for key agreement has it.
  const operations = ownPresent(jwk, 'key_ops') ?? ['verify']
  if (!Array.isArray(operations)) {
    return { reason: 'malformed-member', message: '`key_ops` is not an array' }
  }
  return operations.includes('verify') ? undefined : { reason, message: '`key_ops` does not contain `verify`' }
}

function typeFault(members: KeyTexts): KeyFault | undefined {
  if (algorithmsOfType(members).length === 0) {
    return { reason: 'unsupported-type', message: '`kty` or `crv` names a type of key that is not supported' }
  }
  const message = '`alg` names no supported signature algorithm of this type of key'
  return algorithmsOf(members).length === 0 ? { reason: 'unsupported-algorithm', message } : undefined
}

function algorithmsOfType({ kty = '', crv }: KeyTexts): readonly string[] {
  return algorithmsByType.get(kty) ?? algorithmsByType.get(`${kty} ${crv}`) ?? []
}

/** The algorithms of the type and curve of a key, or the one among them that its `alg` names (RFC 7517 §4.4). */
function algorithmsOf(members: KeyTexts): readonly string[] {
  const { kty, alg } = members
  const ofType = algorithmsOfType(members)
  return alg === undefined && kty !== 'AKP' ? ofType : ofType.filter((algorithm) => algorithm === alg)
}

const invalidKey: KeyFault = { reason: 'invalid-key', message: 'its members do not make a public key' }

/** RFC 7518 §3.3 demands 2,048 bits for RSA, and RFC 8017 §3.1 an odd exponent of at least 3. */
function boundsFault({ asymmetricKeyDetails = {} }: KeyObject): KeyFault | undefined {
  const { modulusLength: bits = minRsaBits, publicExponent: exponent = 3n } = asymmetricKeyDetails
  if (bits < minRsaBits || bits > maxRsaBits) {
    const message = `its RSA modulus has ${bits} bits, and not ${minRsaBits} to ${maxRsaBits}`
    return { reason: 'rsa-size', message }
  }
  const isAcceptable = exponent >= 3n && exponent < maxRsaExponent && exponent % 2n === 1n
  return isAcceptable ? undefined : { reason: 'rsa-exponent', message: 'its RSA exponent is even, below 3 or too long' }
}
