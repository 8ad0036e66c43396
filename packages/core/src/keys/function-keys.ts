import type { JSONWebKeySet, JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { notFetched } from '../http/cached-document.ts'
import type { Network } from '../http/network.ts'
import type { SharedEntry } from '../http/shared-documents.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callApplication } from '../responses/error-response.ts'
import { invalidToken } from '../responses/refusal.ts'
import { readGivenKeys } from './given-keys.ts'
import { maxKidLength } from './jwk.ts'
import type { KeyHeader, KeySet } from './key-set.ts'
import type { KeySource, KnownKeys } from './key-source.ts'
import { createFruitlessCalls } from './fruitless-calls.ts'

/**
 * Returns the keys for the header of a token: one JWK, a JWK Set, PEM text, or `undefined` for an unknown key. `kid` is
 * not verified. Anyone can choose it, so that it must never become a part of a path, a URL or a query unchecked.
 */
export type KeyFunction = (header: KeyHeader) => MaybePromise<JWK | JSONWebKeySet | string | undefined>

const minute = 60_000
/** A key that the function no longer returns is refused after 10 min. A new one is accepted after 30 s at the latest. */
const bounds = {
  found: { maxSize: 8 * 2 ** 20, ttl: 10 * minute, ttlResolution: 0 },
  unknown: { maxSize: 128 * 1024, ttl: 30_000, ttlResolution: 0 },
  failed: { maxSize: 128 * 1024, ttl: 1000, ttlResolution: 0 },
  /** The headers for which there were keys. Their calls are not counted, so that no stranger delays them. */
  proven: { maxSize: 128 * 1024 },
}
const sizeOfEntry = 512

interface FunctionOptions {
  readonly issuer: string
  /** Milliseconds. */
  readonly timeout: number
  readonly network: Network
}

/**
 * The keys that a function of the application returns. It is called once for each `kid` and `alg`, and its results are
 * cached within bounds. All validators share the calls of one function for one issuer.
 */
export function functionKeys(load: KeyFunction, { issuer, timeout, network }: FunctionOptions): KeySource {
  const name = JSON.stringify(['key function', numberOf(load), issuer, timeout])
  const entry: SharedEntry<FunctionKeys> = network.shared(name, (resize) =>
    createFunctionKeys(load, { issuer, timeout, clock: network.clock, resize }),
  )
  return {
    current: (header) => entry.get().current(header),
    cached: () => entry.find()?.known,
    retry: async () => false,
    ready: async () => undefined,
    isProven: () => true,
    health: () => ({ keys: { ...notFetched, state: 'fresh' }, metadata: undefined }),
  }
}

interface FunctionKeys {
  readonly current: (header: KeyHeader) => Promise<KeySet>
  readonly known: KnownKeys
}

function createFunctionKeys(
  load: KeyFunction,
  {
    issuer,
    timeout,
    clock,
    resize,
  }: Omit<FunctionOptions, 'network'> & { clock: Clock; resize: (bytes: number) => void },
): FunctionKeys {
  const cache = createResultCache(clock)
  const calls = new Map<string, Promise<KeySet>>()
  const countFruitless = createFruitlessCalls(clock, timeout)

  async function current(header: KeyHeader): Promise<KeySet> {
    const name = nameOf(header)
    const found = cache.found.get(name)
    if (found !== undefined) {
      return found
    }
    if ((header.kid ?? '').length > maxKidLength || cache.unknown.has(name)) {
      throw invalidToken('unknown-key')
    }
    const failure = cache.failed.get(name)
    if (failure !== undefined) {
      throw failure.error
    }
    return calls.get(name) ?? begin(name, header)
  }

  async function begin(name: string, header: KeyHeader): Promise<KeySet> {
    const call = callOnce(name, header).finally(() => {
      calls.delete(name)
      resize(cache.bytes())
    })
    calls.set(name, call)
    return call
  }

  async function callOnce(name: string, header: KeyHeader): Promise<KeySet> {
    const call = async (): Promise<KeySet | undefined> => {
      try {
        return await callFunction(load, header, { timeout, scope: `${name}\n` })
      } catch (error) {
        cache.failed.set(name, { error })
        throw error
      }
    }
    const keys = cache.proven.has(name) ? await call() : await countFruitless(call)
    if (keys === undefined) {
      cache.proven.delete(name)
      cache.unknown.set(name, true)
      throw invalidToken('unknown-key')
    }
    cache.proven.set(name, true)
    const own = keys.of(issuer)
    cache.found.set(name, own)
    return own
  }

  // The identity of a key begins with the name of its result, and expires with it.
  const has = (identity: string): boolean =>
    cache.found.get(identity.slice(0, identity.lastIndexOf('\n')))?.identities.has(identity) === true

  return { current, known: { identities: { has } } }
}

/** The function gets no other member of the header, so that no token can bring its own key (RFC 8725 §3.10). */
async function callFunction(
  load: KeyFunction,
  { alg, kid }: KeyHeader,
  { timeout, scope }: { readonly timeout: number; readonly scope: string },
): Promise<KeySet | undefined> {
  const tooLate = (): Error => new Error(`The \`keys\` function returned nothing within ${timeout} ms`)
  const work = callApplication(() => load(Object.freeze({ alg, kid })))
  const result: unknown = await withDeadline(work, AbortSignal.timeout(timeout), tooLate)
  const createError = (expected: string): Error =>
    new TypeError(`Expected the result of the \`keys\` function to ${expected}`)
  const forms = 'a JWK, a JWK Set, PEM text, or undefined for an unknown key'
  return result === undefined || result === null ? undefined : readGivenKeys(result, { forms, createError, scope })
}

function nameOf({ alg, kid = '' }: KeyHeader): string {
  return `${alg} ${kid}`
}

function createResultCache(clock: Clock) {
  const perf = { now: clock }
  const sizeOfName = (_value: unknown, name: string): number => sizeOfEntry + 2 * name.length
  const found = new LRUCache<string, KeySet>({
    ...bounds.found,
    sizeCalculation: ({ bytes }, name) => sizeOfEntry + 6 * name.length + bytes,
    perf,
  })
  const unknown = new LRUCache<string, true>({ ...bounds.unknown, sizeCalculation: sizeOfName, perf })
  const failed = new LRUCache<string, { readonly error: unknown }>({
    ...bounds.failed,
    sizeCalculation: sizeOfName,
    perf,
  })
  const proven = new LRUCache<string, true>({ ...bounds.proven, sizeCalculation: sizeOfName })
  const bytes = (): number =>
    [found, unknown, failed, proven].reduce((total, { calculatedSize }) => total + calculatedSize, 0)
  return { found, unknown, failed, proven, bytes }
}

const numbers = new WeakMap<KeyFunction, number>()
let lastNumber = 0

/** Two functions have two numbers, and one function has the same number in all validators. */
function numberOf(load: KeyFunction): number {
  const number = numbers.get(load) ?? (lastNumber += 1)
  numbers.set(load, number)
  return number
}
