import { createPrivateKey, type KeyObject } from 'node:crypto'
import { compactDecrypt, decodeProtectedHeader, errors, type JWK } from 'jose'
import { invalidOption } from '../lib/invalid-option.ts'
import { leastRsaBits } from '../keys/jwk.ts'
import { asRecord } from '../lib/record.ts'

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

export function importDecryptionKeys(given: unknown): readonly DecryptionKey[] {
  const keys: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (keys.length === 0) {
    throw invalidOption('Expected `decryptionKeys` to hold at least one key, got an empty array')
  }
  return keys.map(importKey)
}

function importKey(jwk: unknown): DecryptionKey {
  const { kty, crv, alg, kid } = asRecord(jwk)
  const kind = String(kty === 'RSA' ? kty : crv)
  const algorithms = Object.hasOwn(algorithmsByKind, kind) ? algorithmsByKind[kind] : undefined
  if (typeof alg !== 'string' || algorithms?.includes(alg) !== true) {
    throw invalidOption(
      'Expected `decryptionKeys` to be private JWKs, each with its `alg`: RSA-OAEP-256 and its like, or ECDH-ES and its like',
    )
  }
  return { key: createKey(jwk as JWK), algorithm: alg, keyId: typeof kid === 'string' ? kid : undefined }
}

function createKey(jwk: JWK): KeyObject {
  try {
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    if ((key.asymmetricKeyDetails?.modulusLength ?? leastRsaBits) >= leastRsaBits) {
      return key
    }
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error
    }
  }
  throw invalidOption(
    `Expected \`decryptionKeys\` to be private keys, and RSA ones to have at least ${leastRsaBits} bits`,
  )
}

/** Decrypts a JWE (RFC 7516 §5.2) with the key that its `kid` names, or with each when it names none; `undefined` when none can. */
export async function decrypt(jwe: string, keys: readonly DecryptionKey[]): Promise<Uint8Array | undefined> {
  for (const { key, algorithm } of fitting(jwe, keys)) {
    try {
      const { plaintext } = await compactDecrypt(jwe, key, {
        keyManagementAlgorithms: [algorithm],
        maxDecompressedLength: 0,
      })
      return plaintext
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) {
        throw error
      }
    }
  }
  return undefined
}

function fitting(jwe: string, keys: readonly DecryptionKey[]): readonly DecryptionKey[] {
  const kid = keyIdOf(jwe)
  return keys.filter(({ keyId }) => kid === undefined || keyId === undefined || keyId === kid)
}

function keyIdOf(jwe: string): string | undefined {
  try {
    return decodeProtectedHeader(jwe).kid
  } catch (error) {
    if (error instanceof TypeError) {
      return undefined
    }
    throw error
  }
}
