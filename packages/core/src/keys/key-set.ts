import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters } from 'jose'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'
import { type PublicJwk, usableKeys } from './jwk.ts'

/** The verification keys of one issuer, as they were at one moment. */
export interface KeySet {
  /** Whether a key of that id is published, usable or not. */
  has(kid: string): boolean
  /** The keys that fit a token's header by `kty`, `crv`, `alg`, `use`, `key_ops` and, if it names one, `kid`: four at most (RFC 7517 §4.5). */
  fitting(header: JWSHeaderParameters): Promise<readonly (CryptoKey | Uint8Array)[]>
}

export const mostKeys = 64
const mostAttempts = 4

/** Reads a JWK Set (RFC 7517 §5). Keys that cannot be used are passed over; without one usable key the document is refused. */
export async function parseKeySet(document: unknown, source: string): Promise<KeySet> {
  const { keys } = asRecord(document)
  if (!Array.isArray(keys) || keys.length > mostKeys) {
    const message = `${source} is no JWK Set of at most ${mostKeys} keys`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  const usable = await usableKeys(keys, source)
  if (usable.length === 0) {
    throw new UpstreamError({ reason: 'no-usable-key', message: `${source} holds no key that can verify a signature` })
  }
  return keySetOf(usable, keys)
}

/** The key set of an issuer with whom a secret is shared. */
export function secretKeySet(secret: Uint8Array): KeySet {
  return { has: () => true, fitting: async () => [secret] }
}

function keySetOf(usable: readonly PublicJwk[], published: readonly unknown[]): KeySet {
  const kids = new Set(published.map((key) => asRecord(key)['kid']))
  const select = createLocalJWKSet({ keys: [...usable] })

  async function fitting(header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
    try {
      return [await select(header)]
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) {
        return []
      }
      if (error instanceof errors.JWKSMultipleMatchingKeys) {
        return firstOf(error, mostAttempts)
      }
      throw error
    }
  }

  return { has: (kid) => kids.has(kid), fitting }
}

async function firstOf<Item>(items: AsyncIterable<Item>, most: number): Promise<readonly Item[]> {
  const first: Item[] = []
  for await (const item of items) {
    if (first.push(item) === most) {
      break
    }
  }
  return first
}
