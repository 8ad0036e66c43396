import { createPrivateKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { asymmetricAlgorithms } from '../../keys/algorithms.ts'
import { minRsaBits } from '../../keys/jwk.ts'
import { describe, expectOneOf, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { isRecord, ownMembers } from '../../lib/record.ts'

/** The key that signs assertions. */
export interface AssertionKey {
  readonly key: CryptoKey | KeyObject | Uint8Array
  readonly algorithm: string
  readonly keyId: string | undefined
}

/** Imports a private key in any of its forms. Throws at start-up, and not at the first token. */
export function expectAssertionKey(
  given: unknown,
  { algorithm, keyId }: { readonly algorithm?: string | undefined; readonly keyId?: string | undefined },
): AssertionKey {
  const { alg, kid } = isKey(given) ? ownMembers(undefined) : ownMembers(given)
  const key = expectPrivateKey(given)
  const chosen = algorithm === undefined ? (stringOr(alg) ?? algorithmsOf(key)[0]) : algorithm
  return {
    key,
    algorithm: expectOneOf(chosen, 'algorithm', algorithmsOf(key)),
    keyId: keyId === undefined ? stringOr(kid) : expectText(keyId, 'keyId'),
  }
}

function stringOr(member: unknown): string | undefined {
  return typeof member === 'string' ? member : undefined
}

function isKey(given: unknown): given is CryptoKey | KeyObject {
  return given instanceof CryptoKey || given instanceof KeyObject
}

function expectPrivateKey(given: unknown): CryptoKey | KeyObject {
  const key = isKey(given) ? given : importKey(given)
  if (key === undefined || key.type !== 'private') {
    throw invalidOption(
      `Expected \`privateKey\` to be a private key: a JWK, a KeyObject, a CryptoKey or PEM text, got ${describeMistake(given)}`,
    )
  }
  if (algorithmsOf(key).length === 0) {
    throw invalidOption('Expected `privateKey` to be an RSA key, an EC key on P-256, P-384 or P-521, or an Ed25519 key')
  }
  const { modulusLength = minRsaBits } =
    key instanceof KeyObject ? (key.asymmetricKeyDetails ?? {}) : (key.algorithm as { modulusLength?: number })
  if (modulusLength < minRsaBits) {
    throw invalidOption(`Expected an RSA \`privateKey\` to have at least ${minRsaBits} bits`)
  }
  if (key instanceof CryptoKey && !key.usages.includes('sign')) {
    throw invalidOption("Expected the usages of the `privateKey` to include 'sign'")
  }
  return key
}

function describeMistake(given: unknown): string {
  const text = typeof given === 'string' || given instanceof Uint8Array ? Buffer.from(given).toString() : ''
  if (text.includes('ENCRYPTED')) {
    return 'an encrypted one: decrypt it first, with createPrivateKey({ key, passphrase })'
  }
  if (text.includes('PUBLIC KEY')) {
    return 'a public key'
  }
  if (text.includes(String.raw`\n`)) {
    return String.raw`PEM with a literal \n in place of its line breaks`
  }
  return text === '' ? describe(given) : 'a string that is no PEM, such as the path of a file'
}

function importKey(given: unknown): KeyObject | undefined {
  try {
    if (typeof given === 'string' || given instanceof Uint8Array) {
      return createPrivateKey(Buffer.from(given))
    }
    return isRecord(given) ? createPrivateKey({ key: ownMembers(given), format: 'jwk' }) : undefined
  } catch (error) {
    if (error instanceof Error) {
      return undefined
    }
    throw error
  }
}

/** The algorithms that a kind of key can sign with, the usual one first. */
function algorithmsOf(key: CryptoKey | KeyObject): readonly string[] {
  const byKind: Readonly<Record<string, readonly string[]>> = {
    rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    prime256v1: ['ES256'],
    secp384r1: ['ES384'],
    secp521r1: ['ES512'],
    ed25519: ['EdDSA', 'Ed25519'],
  }
  const possible = key instanceof KeyObject ? byKind[kindOf(key)] : ownAlgorithms(key)
  return (possible ?? []).filter((algorithm) => asymmetricAlgorithms.includes(algorithm))
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  return asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? ''
}

/** A `CryptoKey` is made for one algorithm. */
function ownAlgorithms({ algorithm }: CryptoKey): readonly string[] | undefined {
  const { name = '', hash, namedCurve } = algorithm as { name?: string; hash?: { name: string }; namedCurve?: string }
  const bits = hash?.name.slice('SHA-'.length) ?? ''
  const byName: Readonly<Record<string, readonly string[]>> = {
    'RSASSA-PKCS1-v1_5': [`RS${bits}`],
    'RSA-PSS': [`PS${bits}`],
    ECDSA: [{ 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[namedCurve ?? ''] ?? ''],
    Ed25519: ['EdDSA', 'Ed25519'],
  }
  return Object.hasOwn(byName, name) ? byName[name] : undefined
}
