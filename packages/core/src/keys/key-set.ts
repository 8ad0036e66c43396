import type { KeyObject } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import { diagnostics } from '../diagnostics/channels.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { parseJwk, parseKid, publishedSecret } from './jwk.ts'

/** The verification keys of one issuer at one moment. */
export interface KeySet {
  /** The identities of the usable keys. Two sets are compared by these. */
  readonly identities: ReadonlySet<string>
  /** Whether any of its keys can verify a signature. */
  readonly isUsable: boolean
  /** The memory of the set: an estimate on the high side. */
  readonly bytes: number
  /** Whether a usable set publishes a key of that id, usable or not. Then another fetch would not help. */
  readonly has: (kid: string) => boolean
  /** The keys that fit `alg` and, if the header has one, `kid`: at most four (RFC 7515 §6). */
  readonly fitting: (header: Pick<JWSHeaderParameters, 'alg' | 'kid'>) => readonly VerificationKey[]
}

export interface VerificationKey {
  /** The identity of the key in its set. */
  readonly identity: string
  readonly key: KeyObject | Uint8Array
}

export const maxKeys = 64
const maxAttempts = 4
const bytesOfKid = 64

/**
 * Reads a JWK Set (RFC 7517 §5). It passes over keys that cannot be used, even when no other key is left. It publishes
 * private and symmetric keys as `tollgate:security`.
 *
 * @throws UpstreamError for a document without any key, or with more than 64.
 */
export function readKeySet(document: unknown, source: string): KeySet {
  const keys = own(document, 'keys')
  const hasType = (jwk: unknown): boolean => typeof own(jwk, 'kty') === 'string'
  if (!Array.isArray(keys) || keys.length > maxKeys || !keys.some(hasType)) {
    const message = `${source} is no JWK Set of 1 to ${maxKeys} keys`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  for (const event of keys.map(publishedSecret)) {
    if (event !== undefined) {
      diagnostics.security.publish({ event, keySet: source })
    }
  }
  return keySetOf(keys)
}

/** The usable ones of these JSON Web Keys. */
export function keySetOf(published: readonly unknown[]): KeySet {
  const keys = published.map(parseJwk).filter((key) => key !== undefined)
  const kids = new Set(published.map(parseKid).filter((kid) => kid !== undefined))
  const isUsable = keys.length > 0
  const sizes = [...keys.map(({ bytes }) => bytes), ...Array.from(kids, (kid) => bytesOfKid + 2 * kid.length)]
  return {
    identities: new Set(keys.map(({ identity }) => identity)),
    isUsable,
    bytes: sizes.reduce((total, size) => total + size, 0),
    has: (kid) => isUsable && kids.has(kid),
    fitting: ({ alg, kid }) =>
      keys
        .filter((key) => (kid === undefined || key.kid === kid) && alg !== undefined && key.algorithms.includes(alg))
        .slice(0, maxAttempts),
  }
}

/** The key set of an issuer that signs with a shared secret (HMAC). */
export function secretKeySet(secret: Uint8Array): KeySet {
  const identity = 'the secret'
  const keys: readonly VerificationKey[] = [{ identity, key: secret }]
  return { identities: new Set([identity]), isUsable: true, bytes: secret.length, has: () => true, fitting: () => keys }
}
