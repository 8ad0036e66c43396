import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Secrets, expectSecrets } from '../../lib/secrets.ts'
import { shared } from '../../lib/shared-state.ts'
import { undefinedIfError } from '../../lib/undefined-if-error.ts'

/** The nonces of a resource server (RFC 9449 §9). They need no store. Times are in milliseconds since the epoch. */
export interface Nonces {
  /** Returns a new nonce: 48 characters of base64url (RFC 9449 §8.1). */
  readonly create: (now: number) => string
  /**
   * Checks the claim `nonce` of a proof, which can be of any type. Throws nothing. `'aging'`: it is older than 30 s, and
   * valid, and the client needs a new one. `'invalid'`: it is older than 60 s, more than 5 s in the future, or another
   * server created it. Does NOT check that the nonce is used once: a client may use it in several proofs (RFC 9449 §8).
   */
  readonly verify: (nonce: unknown, now: number) => 'fresh' | 'aging' | 'invalid'
}

/** In milliseconds, as the next two. */
const life = 60_000
const halfLife = life / 2
/** The clocks of a fleet differ. */
const maxAhead = 5000

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16
const timeBytes = 8
/** 36 bytes are 48 characters, without padding and without unused bits. */
const form = /^[\w-]{48}$/

/**
 * Creates nonces that are sealed timestamps (AES-256-GCM). The first secret seals, and all of them open, so that a fleet
 * shares and rotates them. A key is derived from each secret with HKDF. Therefore a text that another part of the
 * library sealed with the same secret is no nonce.
 *
 * Without secrets, all validators of this process share a random one. Then a nonce of another process is invalid, and so
 * is each nonce of a process that has ended. The client must repeat its request with a new one.
 *
 * Throws a `TypeError` for bad secrets, without the secrets in its message.
 */
export function createNonces(secrets: Secrets | undefined): Nonces {
  const known = secrets === undefined ? [secretOfProcess()] : expectSecrets(secrets)
  const keys = known.map(deriveKey)

  return {
    create: (now) => seal(now, keys[0] as KeyObject),
    verify: (nonce, now) => {
      const time =
        typeof nonce === 'string' && form.test(nonce) ? open(Buffer.from(nonce, 'base64url'), keys) : undefined
      return time === undefined ? 'invalid' : stateAt(now - time)
    },
  }
}

function secretOfProcess(): Uint8Array {
  return shared('dpop-nonce-secret', () => randomBytes(32))
}

function deriveKey(secret: Uint8Array): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', secret, 'tollgate', 'dpop-nonce key', 32)))
}

function stateAt(age: number): 'fresh' | 'aging' | 'invalid' {
  if (!(age >= -maxAhead && age <= life)) {
    return 'invalid'
  }
  return age <= halfLife ? 'fresh' : 'aging'
}

/**
 * The initialization vector is random. After 2^40 nonces under one secret, two of them are equal with a probability of
 * 1 in 130,000. A client that sees both could forge nonces, and no proof.
 */
function seal(time: number, key: KeyObject): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes })
  const plain = Buffer.alloc(timeBytes)
  plain.writeDoubleBE(time)
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

function open(sealed: Buffer, keys: readonly KeyObject[]): number | undefined {
  for (const key of keys) {
    const time = undefinedIfError(() => openWith(key, sealed))
    if (time !== undefined) {
      return time
    }
  }
  return undefined
}

/** Throws when another key sealed the bytes, or when they were changed. */
function openWith(key: KeyObject, sealed: Buffer): number {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plain = decipher.update(sealed.subarray(ivBytes, -tagBytes))
  decipher.final()
  return plain.readDoubleBE()
}
