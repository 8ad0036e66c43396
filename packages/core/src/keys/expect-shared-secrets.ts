import { types } from 'node:util'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { symmetricAlgorithms } from './algorithms.ts'
import { importPublicKey } from './jwk.ts'
import { maxAttempts } from './key-set.ts'

/**
 * Checks the option `secret` of an issuer: one secret, or an array of at most four. Repeated secrets count once.
 * Messages contain no secret.
 */
export function expectSharedSecrets(secret: unknown, algorithms: readonly string[]): readonly Uint8Array[] {
  if (!Array.isArray(secret)) {
    return [expectSecret(secret, algorithms)]
  }
  if (secret.length === 0 || secret.length > maxAttempts) {
    throw invalidOption(
      `Expected \`secret\` to be one secret, or an array of 1 to ${maxAttempts}, got ${secret.length}`,
    )
  }
  const secrets = Array.from(secret, (one) => expectSecret(one, algorithms))
  return secrets.filter((one, index) => secrets.findIndex((other) => Buffer.compare(one, other) === 0) === index)
}

function expectSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (!types.isUint8Array(bytes)) {
    throw invalidOption(
      `Expected \`secret\` to be a string or a Uint8Array, or an array of them, got ${describe(secret)}`,
    )
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

/** Whether a secret is a public key: PEM, DER, or the text of a JWK or JWK Set. Then every client could sign tokens. */
function isPublicKey(secret: Uint8Array): boolean {
  const text = new TextDecoder().decode(secret)
  const isDer = (type: 'spki' | 'pkcs1'): boolean =>
    importPublicKey({ key: Buffer.from(secret), format: 'der', type }) !== undefined
  return text.includes('-----BEGIN ') || /^\s*\{.*"(?:kty|keys)"/s.test(text) || isDer('spki') || isDer('pkcs1')
}
