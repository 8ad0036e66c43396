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
  /** `'any-kid'`: a key without `kid` fits every `kid`. Default: it fits only a token without `kid`. */
  readonly unnamed?: 'any-kid' | undefined
  /** The beginning of all identities. Keys of two sets with other beginnings are never the same. Default: none. */
  readonly scope?: string
}

/** The usable ones of these JSON Web Keys. */
export function keySetOf(published: readonly unknown[], { unnamed, scope = '' }: KeySetOptions = {}): KeySet {
  const parsed = published.map((jwk) => ({ kid: parseKid(jwk), ...parseJwk(jwk) }))
  const keys = parsed.flatMap(({ key }) => (key === undefined ? [] : [{ ...key, identity: scope + key.identity }]))
  const faults = parsed.flatMap(({ kid, fault }) => (fault === undefined ? [] : [{ kid, fault }]))
  const kids = new Set(parsed.flatMap(({ kid }) => kid ?? []))
  const sizes = [...keys.map(({ bytes }) => bytes), ...Array.from(kids, (kid) => bytesOfKid + 2 * kid.length)]
  const bytes = sizes.reduce((total, size) => total + size, faults.length * bytesOfFault + scope.length * keys.length)
  return toKeySet({ keys, faults, kids, bytes, anyKid: unnamed === 'any-kid', isUsable: keys.length > 0 })
}

interface Published {
  readonly keys: readonly UsableKey[]
  readonly faults: readonly { readonly kid: string | undefined; readonly fault: KeyFault }[]
  readonly kids: ReadonlySet<string>
  readonly bytes: number
  readonly anyKid: boolean
  /** Whether the set is usable for any issuer. */
  readonly isUsable: boolean
}

/** The set for one issuer, or for all. */
function toKeySet(published: Published, issuer?: string): KeySet {
  const { faults, kids, bytes, anyKid } = published
  const isOwn = (key: UsableKey): boolean =>
    issuer === undefined || key.issuer === undefined || isStatedFor(key.issuer, issuer)
  const keys = published.keys.filter(isOwn)
  const isNamed = (key: Pick<UsableKey, 'kid'>, kid: string | undefined): boolean =>
    kid === undefined || key.kid === kid || (anyKid && key.kid === undefined)
  const fits = (key: UsableKey, { alg, kid }: KeyHeader): boolean => isNamed(key, kid) && key.algorithms.includes(alg)

  function passedOver(header?: KeyHeader): readonly PassedOverKey[] {
    const kid = keys.length === 0 ? undefined : header?.kid
    const others = published.keys
      .filter((key) => !keys.includes(key))
      .map((key) => ({ kid: key.kid, fault: anotherIssuer }))
    const named = [...faults, ...others].filter((key) => isNamed(key, kid))
    const unfit = header === undefined || kid === undefined ? [] : keys.filter((key) => !fits(key, header))
    const surplus = header === undefined ? [] : keys.filter((key) => fits(key, header)).slice(maxAttempts)
    return [
      ...named,
      ...unfit.filter((key) => isNamed(key, kid)).map((key) => ({ kid: key.kid, fault: anotherAlgorithm })),
      ...surplus.map((key) => ({ kid: key.kid, fault: tooMany })),
    ]
      .slice(0, maxPassedOver)
      .map((key) => toPassedOverKey(key.kid, key.fault))
  }

  const keySet: KeySet = {
    identities: new Set(keys.map(({ identity }) => identity)),
    isUsable: keys.length > 0,
    bytes,
    has: (kid) => published.isUsable && (kids.has(kid) || (anyKid && keys.some((key) => key.kid === undefined))),
    fitting: (header) => keys.filter((key) => fits(key, header)).slice(0, maxAttempts),
    passedOver,
    of: (name) => (published.keys.some((key) => key.issuer !== undefined) ? toKeySet(published, name) : keySet),
  }
  return keySet
}

const anotherIssuer: KeyFault = { reason: 'another-issuer', message: 'its `issuer` is another issuer' }
const anotherAlgorithm: KeyFault = {
  reason: 'another-algorithm',
  message: 'its `alg` or its type does not fit the `alg` of the token',
}
const tooMany: KeyFault = { reason: 'too-many-keys', message: `more than ${maxAttempts} keys fit the token` }

/** The key set of an issuer that signs with shared secrets (HMAC). Any of them verifies a token. */
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
