import { errors, importJWK, type JWK } from 'jose'
import { diagnostics } from '../diagnostics/channels.ts'
import type { SecurityMessage } from '../diagnostics/messages.ts'
import { asRecord, isRecord } from '../lib/record.ts'
import { asymmetricAlgorithms } from './algorithms.ts'

export type PublicJwk = JWK & { readonly kty: string }

export const leastRsaBits = 2048

/** The keys of a published set that can verify something; the others are passed over, so that one odd key does not spoil the rest. */
export async function usableKeys(keys: readonly unknown[], source: string): Promise<readonly PublicJwk[]> {
  tellOfSecrets(keys, source)
  const candidates = keys.filter(isPromising).map(essentialsOf)
  const verdicts = await Promise.all(candidates.map(canVerify))
  return candidates.filter((_, index) => verdicts[index])
}

const texts = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e', 'pub'] as const
const essentials = [...texts, 'key_ops', 'ext'] as const

/** The members that we use have the types of RFC 7517 §4: nothing else gets near the cryptography. */
function isWellTyped(key: Readonly<Record<string, unknown>>): key is PublicJwk {
  const { kty, key_ops: operations = [], ext = true } = key
  return (
    typeof kty === 'string' &&
    texts.every((name) => key[name] === undefined || typeof key[name] === 'string') &&
    Array.isArray(operations) &&
    operations.every((operation) => typeof operation === 'string') &&
    typeof ext === 'boolean'
  )
}

/** What verification needs. The rest, such as certificates, is not kept, and need not be well-formed. */
function essentialsOf(key: PublicJwk): PublicJwk {
  const present = essentials.filter((name) => key[name] !== undefined)
  return { ...Object.fromEntries(present.map((name) => [name, key[name]])), kty: key.kty }
}

/** Whether a key may verify something, as far as its members tell. */
export function isPromising(key: unknown): key is PublicJwk {
  if (!isRecord(key) || !isWellTyped(key) || secretMaterialIn(key) !== undefined) {
    return false
  }
  const algorithm = algorithmOf(key)
  return algorithm !== undefined && asymmetricAlgorithms.includes(algorithm) && (key.use ?? 'sig') === 'sig'
}

/** Symmetric and private material has no place in a published set, and whoever publishes it should hear of it (RFC 7517 §9.2). */
function tellOfSecrets(keys: readonly unknown[], source: string): void {
  for (const event of keys.map((key) => secretMaterialIn(asRecord(key)))) {
    if (event !== undefined) {
      diagnostics.security.publish({ event, keySet: source })
    }
  }
}

export function secretMaterialIn(jwk: Readonly<Record<string, unknown>>): SecurityMessage['event'] | undefined {
  if (jwk['kty'] === 'oct' || 'k' in jwk) {
    return 'symmetric-key-published'
  }
  return 'd' in jwk || 'priv' in jwk ? 'private-key-published' : undefined
}

/** Imports the key once, as verification will: points off the curve, missing members, unknown types and weak RSA keys show here. */
async function canVerify(jwk: PublicJwk): Promise<boolean> {
  try {
    const key = await importJWK(jwk, algorithmOf(jwk))
    return jwk.kty !== 'RSA' || ('algorithm' in key && isStrongRsa(asRecord(key.algorithm)))
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError || error instanceof errors.JOSEError) {
      return false
    }
    throw error
  }
}

/** Any algorithm that the key fits; which of them a token may use, its own header and the issuer's policy decide. */
function algorithmOf({ kty, crv, alg }: PublicJwk): string | undefined {
  if (alg !== undefined) {
    return alg
  }
  if (kty === 'RSA') {
    return 'RS256'
  }
  const byCurve: Readonly<Record<string, string>> = {
    'P-256': 'ES256',
    'P-384': 'ES384',
    'P-521': 'ES512',
    Ed25519: 'Ed25519',
  }
  return crv !== undefined && Object.hasOwn(byCurve, crv) ? byCurve[crv] : undefined
}

/** At least 2048 bits (RFC 7518 §3.3) and an odd exponent of at least 3 (RFC 8017 §3.1). */
function isStrongRsa({ modulusLength, publicExponent }: Readonly<Record<string, unknown>>): boolean {
  const bytes = publicExponent instanceof Uint8Array ? publicExponent : new Uint8Array()
  const exponent = bytes.reduce((value, byte) => value * 256 + byte, 0)
  const isOdd = ((bytes.at(-1) ?? 0) & 1) === 1
  return Number(modulusLength) >= leastRsaBits && exponent >= 3 && isOdd
}
