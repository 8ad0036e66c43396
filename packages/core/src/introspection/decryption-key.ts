import { createPrivateKey, type KeyObject } from 'node:crypto'
import { compactDecrypt, decodeProtectedHeader, errors, type JWK } from 'jose'
import { minRsaBits } from '../keys/jwk.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import { ownMembers } from '../lib/record.ts'

export interface DecryptionKey {
  readonly key: KeyObject
  readonly algorithm: string
  readonly keyId: string | undefined
}

const agreement = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']
const algorithmsByKind: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
  'P-256': agreement,
  'P-384': agreement,
  'P-521': agreement,
  X25519: agreement,
}

/** Throws unless each key is a private JWK with an `alg` that fits it, and RSA keys are long enough. */
export function importDecryptionKeys(given: unknown): readonly DecryptionKey[] {
  const keys: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (keys.length === 0) {
    throw invalidOption('Expected `decryptionKeys` to hold at least one key, got an empty array')
  }
  return keys.map(importKey)
}

function importKey(given: unknown): DecryptionKey {
  const jwk = ownMembers(given)
  const { kty, crv, alg, kid } = jwk
  const kind = String(kty === 'RSA' ? kty : crv)
  const algorithms = Object.hasOwn(algorithmsByKind, kind) ? algorithmsByKind[kind] : undefined
  if (typeof alg !== 'string' || algorithms?.includes(alg) !== true) {
    throw invalidOption(
      'Expected `decryptionKeys` to be private JWKs, each with an `alg` such as RSA-OAEP-256 or ECDH-ES',
    )
  }
  return { key: createKey(jwk), algorithm: alg, keyId: typeof kid === 'string' ? kid : undefined }
}

function createKey(jwk: JWK): KeyObject {
  try {
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    if ((key.asymmetricKeyDetails?.modulusLength ?? minRsaBits) >= minRsaBits) {
      return key
    }
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error
    }
  }
  throw invalidOption(
    `Expected \`decryptionKeys\` to be private keys, and RSA ones to have at least ${minRsaBits} bits`,
  )
}

/**
 * Decrypts a JWE (RFC 7516 §5.2) with the key that its `kid` names, or with each key when it names none. Returns `undefined` when no key
 * decrypts it.
 */
export async function decrypt(jwe: string, keys: readonly DecryptionKey[]): Promise<Uint8Array | undefined> {
  const kid = keyIdOf(jwe)
  const candidates = keys.filter(({ keyId }) => kid === undefined || keyId === undefined || keyId === kid)
  for (const { key, algorithm } of candidates) {
    try {
      const options = { keyManagementAlgorithms: [algorithm], maxDecompressedLength: 0 }
      return (await compactDecrypt(jwe, key, options)).plaintext
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) {
        throw error
      }
    }
  }
  return undefined
}

function keyIdOf(jwe: string): string | undefined {
  try {
    const { kid } = ownMembers(decodeProtectedHeader(jwe))
    return typeof kid === 'string' ? kid : undefined
  } catch (error) {
    if (error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}
