import type { KeyObject } from 'node:crypto'
import { diagnostics } from '../diagnostics/channels.ts'
import { own } from '../lib/record.ts'
import { isStatedFor } from '../metadata/issuer-template.ts'
import type { PassedOverKey } from '../responses/passed-over-key.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type KeyFault, parseJwk, parseKid, publishedSecret, type UsableKey } from './jwk.ts'
import { maxPassedOver, toPassedOverKey } from './passed-over.ts'

/** The members of the header of a JWT that select a key. An empty `kid` is absent. */
export interface KeyHeader {
  readonly alg: string
  readonly kid: string | undefined
}

/** The keys of a JWK Set, or its part for one issuer, at one moment. */
export interface KeySet {
  /** The identities of the usable keys of all issuers. Two sets are compared by these. */
  readonly identities: ReadonlySet<string>
  /** Whether any of its keys can verify a signature. */
  readonly isUsable: boolean
  /** The memory of the set: an estimate on the high side. */
  readonly bytes: number
  /** Whether a usable set publishes a key of that id, usable or not. Then another fetch would not help. */
  readonly has: (kid: string) => boolean
  /** The keys that fit `alg` and, if the header has one, `kid`: at most four (RFC 7515 §6). */
  readonly fitting: (header: KeyHeader) => readonly VerificationKey[]
  /** The published keys that are not used, at most ten: those that the header can mean, or all. */
  readonly passedOver: (header?: KeyHeader) => readonly PassedOverKey[]
  /** The same without the keys that state another issuer. */
  readonly of: (issuer: string) => KeySet
}

export interface VerificationKey {
  /** The identity of the key in its set. */
  readonly identity: string
  readonly key: KeyObject | Uint8Array
}

export const maxKeys = 64
/** The keys that are tried for one token. */
export const maxAttempts = 4
const bytesOfKid = 64
const bytesOfFault = 256

/**
 * Reads a JWK Set (RFC 7517 §5). It passes over keys that cannot be used, even when no other key is left. It publishes
 * private and symmetric keys as `tollgate:security`.
 *
 * @throws UpstreamError for a document without any key, or with more than 64.
 */
export function readKeySet(document: unknown, source: string): KeySet {
  const keys = own(document, 'keys')
  const hasType = (jwk: unknown): boolean => typeof own(jwk, 'kty') === 'string'
  const fault = (message: string): Error =>
    new UpstreamError({ reason: 'malformed-document', message: `${source} ${message}` })
  if (!Array.isArray(keys) || !keys.some(hasType)) {
    throw fault('is no JWK Set with a key')
  }
  if (keys.length > maxKeys) {
    throw fault(`contains ${keys.length} keys. At most ${maxKeys} keys are read`)
  }
  for (const event of keys.map(publishedSecret)) {
    if (event !== undefined) {
      diagnostics.security.publish({ event, keySet: source })
    }
  }
  return keySetOf(keys)
}

/** How the keys of a set are compared with a token. */
interface KeySetOptions {
  /** The tokens that a key without `kid` fits: all tokens, or only those without `kid`. Default: `'no-kid'`. */
  readonly unnamedKeys?: 'any-kid' | 'no-kid'
  /** The beginning of all identities. Two sets with different prefixes share no identity. Default: none. */
  readonly identityPrefix?: string
}

/** The usable ones of these JSON Web Keys. */
export function keySetOf(
  published: readonly unknown[],
  { unnamedKeys = 'no-kid', identityPrefix = '' }: KeySetOptions = {},
): KeySet {
  const parsed = published.map((jwk) => ({ kid: parseKid(jwk), ...parseJwk(jwk) }))
  const keys = parsed
    .flatMap(({ key }) => key ?? [])
    .map((key) => ({ ...key, identity: identityPrefix + key.identity }))
  const faults = parsed.flatMap(({ kid, fault }) => (fault === undefined ? [] : [{ kid, fault }]))
  const kids = new Set(parsed.flatMap(({ kid }) => kid ?? []))
  const identities = new Set(keys.map(({ identity }) => identity))
  const sizes = [...keys.map(({ bytes }) => bytes), ...Array.from(kids, (kid) => bytesOfKid + 2 * kid.length)]
  const bytesOfRest = faults.length * bytesOfFault + identityPrefix.length * keys.length
  const bytes = sizes.reduce((total, size) => total + size, bytesOfRest)
  return toKeySet({ keys, faults, kids, identities, bytes, unnamedKeys })
}

interface Published extends Pick<KeySet, 'identities' | 'bytes'> {
  /** The usable keys of all issuers. */
  readonly keys: readonly UsableKey[]
  readonly faults: readonly { readonly kid: string | undefined; readonly fault: KeyFault }[]
  readonly kids: ReadonlySet<string>
  readonly unnamedKeys: 'any-kid' | 'no-kid'
}

/** The set for one issuer, or for all. Only the keys that a token can mean are compared with the issuer. */
function toKeySet(published: Published, issuer?: string): KeySet {
  const { keys, faults, kids, identities, bytes, unnamedKeys } = published
  const isOwn = (key: UsableKey): boolean =>
    issuer === undefined || key.issuer === undefined || isStatedFor(key.issuer, issuer)
  const fitsAll = (key: Pick<UsableKey, 'kid'>): boolean => unnamedKeys === 'any-kid' && key.kid === undefined
  const isNamed = (key: Pick<UsableKey, 'kid'>, kid: string | undefined): boolean =>
    kid === undefined || key.kid === kid || fitsAll(key)
  const fits = (key: UsableKey, { alg, kid }: KeyHeader): boolean => isNamed(key, kid) && key.algorithms.includes(alg)

  function passedOver(header?: KeyHeader): readonly PassedOverKey[] {
    const ownKeys = keys.filter(isOwn)
    const others = keys.filter((key) => !ownKeys.includes(key))
    const kid = ownKeys.length === 0 ? undefined : header?.kid
    const unfit = header === undefined || kid === undefined ? [] : ownKeys.filter((key) => !fits(key, header))
    const surplus = header === undefined ? [] : ownKeys.filter((key) => fits(key, header)).slice(maxAttempts)
    const withFaults = [
      ...faults,
      ...others.map((key) => ({ kid: key.kid, fault: anotherIssuer })),
      ...unfit.map((key) => ({ kid: key.kid, fault: key.kid === undefined ? withoutKid : anotherAlgorithm })),
    ].filter((key) => isNamed(key, kid) || key.kid === undefined)
    return [...withFaults, ...surplus.map((key) => ({ kid: key.kid, fault: tooMany }))]
      .slice(0, maxPassedOver)
      .map((key) => toPassedOverKey(key.kid, key.fault))
  }

  const keySet: KeySet = {
    identities,
    get isUsable() {
      return keys.some(isOwn)
    },
    bytes,
    has: (kid) => keys.length > 0 && (kids.has(kid) || keys.some((key) => fitsAll(key) && isOwn(key))),
    fitting: (header) => keys.filter((key) => fits(key, header) && isOwn(key)).slice(0, maxAttempts),
    passedOver,
    of: (name) => (keys.some((key) => key.issuer !== undefined) ? toKeySet(published, name) : keySet),
  }
  return keySet
}

const anotherIssuer: KeyFault = { reason: 'another-issuer', message: 'its `issuer` is another issuer' }
const withoutKid: KeyFault = { reason: 'no-kid', message: 'it has no `kid`, and the token has one' }
const anotherAlgorithm: KeyFault = {
  reason: 'another-algorithm',
  message: 'its `alg` or its type does not fit the `alg` of the token',
}
const tooMany: KeyFault = { reason: 'too-many-keys', message: `more than ${maxAttempts} keys fit the token` }

/** The key set of an issuer that signs with shared secrets (HMAC). Each of them is accepted. */
export function secretKeySet(secrets: readonly Uint8Array[]): KeySet {
  // One identity for all: which of the secrets verified a token makes no difference later.
  const identity = 'the secret'
  const keys: readonly VerificationKey[] = secrets.map((key) => ({ identity, key }))
  const keySet: KeySet = {
    identities: new Set([identity]),
    isUsable: true,
    bytes: secrets.reduce((total, { length }) => total + length, 0),
    has: () => true,
    fitting: () => keys,
    passedOver: () => [],
    of: () => keySet,
  }
  return keySet
}
