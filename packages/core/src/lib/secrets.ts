import { types } from 'node:util'
import { describe, invalidOption } from './invalid-option.ts'
import { hash } from './recent-node.ts'

/** One secret or several, each of at least 32 bytes. The first one seals, and all of them open. */
export type Secrets = string | Uint8Array | readonly (string | Uint8Array)[]

const minSecretBytes = 32
const maxSecrets = 8

/**
 * Checks the option of this name: 1 to 8 different secrets of at least 32 bytes. A text is its UTF-8 bytes. Returns
 * copies. Does not check that the secrets are random. Throws a `TypeError` without a secret in its message.
 */
export function expectSecrets(secrets: unknown, name = 'secrets'): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets]
  if (list.length === 0 || list.length > maxSecrets) {
    throw invalidOption(`Expected \`${name}\` to contain 1 to ${maxSecrets} secrets, got ${list.length}`)
  }
  const bytes = list.map((secret) => expectSecret(secret, name))
  const digests = new Set(bytes.map((one) => hash('sha256', one)))
  if (digests.size < bytes.length) {
    throw invalidOption(`Expected the secrets of \`${name}\` to differ; remove the repeated one`)
  }
  return bytes
}

function expectSecret(secret: unknown, name: string): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (!types.isUint8Array(bytes)) {
    throw invalidOption(
      `Expected \`${name}\` to be strings or Uint8Arrays, the current one first, got ${describe(secret)}`,
    )
  }
  if (bytes.length < minSecretBytes) {
    throw invalidOption(
      `Expected each of \`${name}\` to have at least ${minSecretBytes} bytes, got ${bytes.length}; create one with: openssl rand -base64 32`,
    )
  }
  return Uint8Array.from(bytes)
}
