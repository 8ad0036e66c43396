import { describe } from '../lib/invalid-option.ts'
import { isRecord, own } from '../lib/record.ts'
import { publishedSecret } from './jwk.ts'
import { type KeySet, keySetOf, maxAttempts, maxKeys } from './key-set.ts'
import { formatPassedOver } from './passed-over.ts'
import { parsePem } from './pem.ts'

/** Who gave the keys. */
export interface Giver {
  /** The forms that are accepted. */
  readonly forms: string
  /** Creates an error from the end of the sentence "Expected … to". */
  readonly createError: (expected: string) => Error
  /** The beginning of the identities of the keys. Default: none. */
  readonly identityPrefix?: string
}

/**
 * Reads keys that the application gave: a JWK Set, one JWK, or PEM text. They are checked like a fetched key set: at
 * most 64 keys, and at least one that can verify a signature. Private or symmetric material is an error, because a
 * process that verifies needs none.
 *
 * @throws the error of `giver` for everything else.
 */
export function readGivenKeys(value: unknown, { forms, createError, identityPrefix = '' }: Giver): KeySet {
  const set = own(value, 'keys')
  const isOne = isRecord(value) && set === undefined && own(value, 'kty') !== undefined
  const keys = typeof value === 'string' ? readPem(value, createError) : isOne ? [value] : set
  if (!Array.isArray(keys)) {
    throw createError(`be ${forms}, got ${describe(value)}`)
  }
  if (keys.length > maxKeys) {
    throw createError(`contain at most ${maxKeys} keys, got ${keys.length}`)
  }
  if (keys.some((key) => publishedSecret(key) !== undefined)) {
    throw createError('contain public keys only, got private or symmetric material')
  }
  // PEM has no key ids. One key was chosen by the application, so that it fits every id unless it has one itself.
  const unnamedKeys = set === undefined ? 'any-kid' : 'no-kid'
  const keySet = keySetOf(keys, { unnamedKeys, identityPrefix })
  if (!keySet.isUsable) {
    const passedOver = formatPassedOver(keySet.passedOver())
    throw createError(
      `contain at least one public key that can verify a signature (RSA: 2048 to 8192 bits)${passedOver}`,
    )
  }
  if (typeof value === 'string' && keySet.identities.size > maxAttempts) {
    throw createError(
      `contain at most ${maxAttempts} keys as PEM, because PEM has no key ids. Give a JWK Set in which keys have a \`kid\``,
    )
  }
  return keySet
}

function readPem(text: string, createError: Giver['createError']): readonly object[] {
  return parsePem(text).map(({ jwk, expected }) => {
    if (jwk === undefined) {
      throw createError(`contain ${expected}`)
    }
    return jwk
  })
}
