import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters } from 'jose'
import { asRecord } from '../lib/record.ts'
import type { Soon } from '../soon.ts'
import { UpstreamError } from '../responses/unavailable.ts'
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
  fitting(header: JWSHeaderParameters): Soon<readonly VerificationKey[]>
}

export interface VerificationKey {
  /** As among the `identities` of its set. */
  readonly identity: string
  readonly key: CryptoKey | Uint8Array
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
  const only = { identity: 'the secret', key: secret }
  return { identities: new Set([only.identity]), isUsable: true, has: () => true, fitting: () => [only] }
}

function keySetOf(usable: readonly PublicJwk[], published: readonly unknown[]): KeySet {
  const kids = new Set(published.map((key) => asRecord(key)['kid']))
  const keys = usable.map(readKey)
  const isUsable = keys.length > 0
  return {
    identities: new Set(keys.map(({ identity }) => identity)),
    isUsable,
    has: (kid) => isUsable && kids.has(kid),
    fitting: createFitting(keys),
  }
}

interface KeyOfSet {
  readonly kid: string | undefined
  readonly identity: string
  /** Whether a key fits a header is up to jose; `undefined` when it does not. */
  readonly fit: (header: JWSHeaderParameters) => Promise<CryptoKey | undefined>
}

function readKey(jwk: PublicJwk): KeyOfSet {
  const select = createLocalJWKSet({ keys: [jwk] })

  async function fit(header: JWSHeaderParameters): Promise<CryptoKey | undefined> {
    try {
      return await select(header)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) {
        return undefined
      }
      throw error
    }
  }

  return { kid: jwk.kid, identity: JSON.stringify(jwk), fit }
}

/** Keys are chosen once for each `kid` of the set, or none, and each `alg`: what is made up finds nothing, and is not remembered. */
function createFitting(keys: readonly KeyOfSet[]): KeySet['fitting'] {
  const byKid = new Map<string | undefined, readonly KeyOfSet[]>(Map.groupBy(keys, ({ kid }) => kid))
  byKid.set(undefined, keys)
  const chosen = new Map<readonly KeyOfSet[], Map<unknown, readonly VerificationKey[]>>()

  async function choose(
    candidates: readonly KeyOfSet[],
    header: JWSHeaderParameters,
  ): Promise<readonly VerificationKey[]> {
    const fitting = await firstFitting(candidates, header)
    const byAlg = chosen.get(candidates) ?? new Map<unknown, readonly VerificationKey[]>()
    chosen.set(candidates, byAlg.set(header.alg, fitting))
    return fitting
  }

  return (header) => {
    const candidates = byKid.get(header.kid)
    return candidates === undefined ? [] : (chosen.get(candidates)?.get(header.alg) ?? choose(candidates, header))
  }
}

async function firstFitting(
  candidates: readonly KeyOfSet[],
  header: JWSHeaderParameters,
): Promise<readonly VerificationKey[]> {
  const fitting: VerificationKey[] = []
  for (const { identity, fit } of candidates) {
    const key = fitting.length < mostAttempts ? await fit(header) : undefined
    if (key !== undefined) {
      fitting.push({ identity, key })
    }
  }
  return fitting
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}
