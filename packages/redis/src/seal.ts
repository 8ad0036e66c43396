import { hkdfSync, subtle, type webcrypto } from 'node:crypto'
import { expectSecrets, own } from '@tollgate/core/adapter'
import { compactDecrypt, CompactEncrypt, errors } from 'jose'

/** Encrypts what other applications must neither read nor forge: JWE, `dir` with A256GCM (RFC 7516, RFC 7518 §5.3). */
export interface Seal {
  /** Rejects when the text is too long. It can be opened for so many milliseconds. */
  readonly close: (text: string, name: string, expiresIn: number) => Promise<string>
  /** The text that was sealed for this purpose and under this name. `undefined` for anything else, and after its time. */
  readonly open: (sealed: unknown, name: string) => Promise<string | undefined>
  /** The length of the longest sealed text. */
  readonly maxLength: number
}

/** What a sealed text is for. A text for one purpose does not open for another. */
export type Purpose = 'token-cache' | 'revocation'

/** The header, the initialization vector and the tag, with room to spare. */
const maxOverhead = 512
const maxKeys = 64
const only = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

/** `maxBytes` is the maximum of a text. Throws a `TypeError` for a bad secret, without the secret in its message. */
export function createSeal(secrets: unknown, purpose: Purpose, maxBytes: number): Seal {
  const keys = expectSecrets(secrets).map((secret) => createKey(secret, purpose))
  const [first] = keys
  const maxLength = Math.ceil((maxBytes * 4) / 3) + maxOverhead

  return {
    maxLength,
    close: async (text, name, expiresIn) => {
      const bytes = new TextEncoder().encode(text)
      if (first === undefined || bytes.length > maxBytes) {
        throw new RangeError(`Expected at most ${maxBytes} bytes to seal`)
      }
      const header = { alg: 'dir', enc: 'A256GCM', kid: first.id, exp: Math.ceil(Date.now() + expiresIn) }
      return new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(await first.for(name))
    },
    open: async (sealed, name) => {
      if (typeof sealed !== 'string' || sealed.length > maxLength) {
        return undefined
      }
      try {
        const { plaintext } = await compactDecrypt(sealed, (header: unknown) => usable(keys, header).for(name), only)
        return new TextDecoder().decode(plaintext)
      } catch (error) {
        if (error instanceof errors.JOSEError) {
          return undefined
        }
        throw error
      }
    },
  }
}

/** The key of a header that has not expired. An expired text costs no decryption, and neither does a foreign one. */
function usable(keys: readonly Key[], header: unknown): Key {
  const expiresAt = own(header, 'exp')
  const key = keys.find(({ id }) => id === own(header, 'kid'))
  if (key === undefined || typeof expiresAt !== 'number' || expiresAt <= Date.now()) {
    throw new errors.JWEInvalid('The text has expired, or was sealed with another secret')
  }
  return key
}

interface Key {
  /** Says which secret sealed a text. */
  readonly id: string
  /** The key of one name. Each name has its own, so that a text opens under its name only. */
  readonly for: (name: string) => Promise<webcrypto.CryptoKey>
}

function createKey(secret: Uint8Array, purpose: Purpose): Key {
  const derive = (info: string, length: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(hkdfSync('sha256', secret, 'tollgate', `${purpose} ${info}`, length))
  const derived = new Map<string, Promise<webcrypto.CryptoKey>>()
  return {
    id: Buffer.from(derive('id', 6)).toString('base64url'),
    for: (name) => {
      // The names of a cache are all different. The log of revocations has one.
      const key = derived.get(name) ?? importKey(derive(`key ${name}`, 32))
      if (derived.size >= maxKeys) {
        derived.clear()
      }
      derived.set(name, key)
      return key
    },
  }
}

async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<webcrypto.CryptoKey> {
  return subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}
