import { createPrivateKey, KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { describe, expectOneOf, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { asymmetricAlgorithms } from '../../keys/algorithms.ts'
import { leastRsaBits } from '../../keys/jwk.ts'
import { asRecord, isRecord } from '../../lib/record.ts'

/** What an assertion is signed with. */
export interface AssertionKey {
  readonly key: CryptoKey | KeyObject | Uint8Array
  readonly algorithm: string
  readonly keyId: string | undefined
}

/** Reads a private key in any of its forms, now and not at the first token. */
export function expectAssertionKey(
  given: unknown,
  { algorithm, keyId }: { readonly algorithm?: string | undefined; readonly keyId?: string | undefined },
): AssertionKey {
  const { alg, kid } = given instanceof KeyObject || given instanceof CryptoKey ? {} : asRecord(given)
  const key = expectPrivateKey(given)
  const chosen = algorithm === undefined ? (textOr(alg) ?? usualAlgorithmOf(key)) : algorithm
  return {
    key,
    algorithm: expectOneOf(chosen, 'algorithm', algorithmsOf(key)),
    keyId: keyId === undefined ? textOr(kid) : expectText(keyId, 'keyId'),
  }
}

function textOr(kid: unknown): string | undefined {
  return typeof kid === 'string' ? kid : undefined
}

function expectPrivateKey(given: unknown): CryptoKey | KeyObject {
  const key = given instanceof CryptoKey || given instanceof KeyObject ? given : importKey(given)
  if (key === undefined || key.type !== 'private') {
    throw invalidOption(
      `Expected \`privateKey\` to be a private key: a JWK, a KeyObject, a CryptoKey or PEM text, got ${describeMistake(given)}`,
    )
  }
  if (algorithmsOf(key).length === 0) {
    throw invalidOption('Expected `privateKey` to be an RSA key, an EC key on P-256, P-384 or P-521, or an Ed25519 key')
  }
  const { modulusLength = leastRsaBits } =
    key instanceof KeyObject ? (key.asymmetricKeyDetails ?? {}) : asRecord(key.algorithm)
  if (Number(modulusLength) < leastRsaBits) {
    throw invalidOption(`Expected an RSA \`privateKey\` to have at least ${leastRsaBits} bits`)
  }
  if (key instanceof CryptoKey && !key.usages.includes('sign')) {
    throw invalidOption("Expected the usages of the `privateKey` to hold 'sign'")
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
  return text === '' ? `${describe(given)} that is none` : 'a text that is none: the path of a file, perhaps'
}

function importKey(given: unknown): KeyObject | undefined {
  try {
    if (typeof given === 'string' || given instanceof Uint8Array) {
      return createPrivateKey(Buffer.from(given))
    }
    return isRecord(given) ? createPrivateKey({ key: given, format: 'jwk' }) : undefined
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

function usualAlgorithmOf(key: CryptoKey | KeyObject): string | undefined {
  return algorithmsOf(key)[0]
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
