import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters } from 'jose'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'
import { type PublicJwk, usableKeys } from './jwk.ts'

/** The verification keys of one issuer, as they were at one moment. */
export interface KeySet {
  /** Each usable key as a text, by which two sets are compared. */
  readonly identities: ReadonlySet<string>
  /** Whether any of its keys can verify a signature. */
  readonly isUsable: boolean
  /** Whether a key of that id is published, usable or not: to ask again would bring nothing. */
  has(kid: string): boolean
  /** The keys that fit a token's header by `kty`, `crv`, `alg`, `use`, `key_ops` and, if it names one, `kid`: four at most (RFC 7517 §4.5). */
  fitting(header: JWSHeaderParameters): Promise<readonly (CryptoKey | Uint8Array)[]>
}

export const mostKeys = 64
const mostAttempts = 4

/**
 * Reads a JWK Set (RFC 7517 §5). Keys that cannot be used are passed over, be it all of them; a document without any key is
 * refused.
 */
export async function parseKeySet(document: unknown, source: string): Promise<KeySet> {
  const { keys } = asRecord(document)
  const isSet = Array.isArray(keys) && keys.length <= mostKeys && keys.some((key) => isString(asRecord(key)['kty']))
  if (!isSet) {
    const message = `${source} is no JWK Set of 1 to ${mostKeys} keys`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  return keySetOf(await usableKeys(keys, source), keys)
}

/** The key set of an issuer with whom a secret is shared. */
export function secretKeySet(secret: Uint8Array): KeySet {
  return { identities: new Set(), isUsable: true, has: () => true, fitting: async () => [secret] }
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

  const isUsable = usable.length > 0
  const identities = new Set(usable.map((key) => JSON.stringify(key)))
  return { identities, isUsable, has: (kid) => isUsable && kids.has(kid), fitting }
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
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
