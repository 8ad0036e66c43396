import type { JSONWebKeySet, JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { notFetched } from '../http/cached-document.ts'
import type { Network } from '../http/network.ts'
import type { SharedEntry } from '../http/shared-documents.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callApplication } from '../responses/error-response.ts'
import { invalidToken, type Refusal } from '../responses/refusal.ts'
import { createCallLimit } from './call-limit.ts'
import { readGivenKeys } from './given-keys.ts'
import { maxKidLength } from './jwk.ts'
import type { KeyHeader, KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/**
 * Returns the keys for the header of a token: one JWK, a JWK Set, PEM text, or `undefined` for an unknown key.
 *
 * The library has NOT verified the header. Anyone can choose `kid`, so that it must never become a part of a path, a URL
 * or a query unchecked. The library does NOT check who issued a certificate, nor when it ends.
 */
export type KeyFunction = (header: KeyHeader) => MaybePromise<JWK | JSONWebKeySet | string | undefined>

/** A key that the function no longer returns is refused after 10 min. */
const foundFor = 600_000
/** A key that is new is accepted after 30 s. */
const unknownFor = 30_000
const failedFor = 1000
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
  const entry: SharedEntry<FunctionKeys> = network.shared(name, (resize) => {
    const results = createResults(network.clock)
    const loadKeys = createLoadKeys(load, results, { timeout, clock: network.clock })
    return createFunctionKeys(results, loadKeys, resize)
  })
  return {
    current: (header) => entry.get().current(header),
    trusts: (identity) => entry.find()?.trusts(identity) === true,
    retry: async () => false,
    ready: async () => undefined,
    health: () => ({ keys: { ...notFetched, state: 'fresh' }, metadata: undefined }),
  }
}

interface FunctionKeys {
  readonly current: (header: KeyHeader) => Promise<KeySet>
  readonly trusts: (identity: string) => boolean
}

/** The cached results, and one call for all tokens that wait for the same result. */
function createFunctionKeys(results: Results, loadKeys: LoadKeys, resize: (bytes: number) => void): FunctionKeys {
  const calls = new Map<string, Promise<KeySet>>()

  async function current(header: KeyHeader): Promise<KeySet> {
    const key = cacheKeyOf(header)
    const found = results.found.get(key)
    if (found !== undefined) {
      return found
    }
    if ((header.kid ?? '').length > maxKidLength) {
      throw unknownKey()
    }
    const createError = results.absent.get(key)
    if (createError !== undefined) {
      throw createError()
    }
    return calls.get(key) ?? begin(key, header)
  }

  async function begin(key: string, header: KeyHeader): Promise<KeySet> {
    const call = loadKeys(key, header).finally(() => {
      calls.delete(key)
      resize(results.bytes())
    })
    calls.set(key, call)
    return call
  }

  /** An identity begins with the cache key of its result, and expires with it. */
  function trusts(identity: string): boolean {
    const key = identity.slice(0, identity.lastIndexOf(endOfKey))
    return results.found.get(key)?.identities.has(identity) === true
  }

  return { current, trusts }
}

/** Calls the function, and caches its result. */
type LoadKeys = (key: string, header: KeyHeader) => Promise<KeySet>

function createLoadKeys(
  load: KeyFunction,
  { found, absent, proven }: Results,
  { timeout, clock }: { readonly timeout: number; readonly clock: Clock },
): LoadKeys {
  const limitCalls = createCallLimit(clock, timeout)

  return async (key, header) => {
    const call = async (): Promise<KeySet | undefined> => {
      try {
        const result = await callFunction(load, header, { timeout, identityPrefix: key + endOfKey })
        return result !== undefined && concerns(result, header) ? result : undefined
      } catch (error) {
        absent.set(key, () => error, { ttl: failedFor })
        throw error
      }
    }
    const keys = proven.has(key) ? await call() : await limitCalls(call)
    if (keys === undefined) {
      proven.delete(key)
      absent.set(key, unknownKey, { ttl: unknownFor })
      throw unknownKey()
    }
    proven.set(key, true)
    found.set(key, keys)
    return keys
  }
}

/** Whether a set says anything about the key. Many functions return the same set for every header. */
function concerns(keys: KeySet, header: KeyHeader): boolean {
  return keys.fitting(header).length > 0 || (header.kid !== undefined && keys.has(header.kid))
}

/** The function gets no other member of the header, so that no token can bring its own key (RFC 8725 §3.10). */
async function callFunction(
  load: KeyFunction,
  { alg, kid }: KeyHeader,
  { timeout, identityPrefix }: { readonly timeout: number; readonly identityPrefix: string },
): Promise<KeySet | undefined> {
  const tooLate = (): Error => new Error(`The \`keys\` function returned nothing within ${timeout} ms`)
  const work = callApplication(() => load(Object.freeze({ alg, kid })))
  const result: unknown = await withDeadline(work, AbortSignal.timeout(timeout), tooLate)
  const createError = (expected: string): Error =>
    new TypeError(`Expected the result of the \`keys\` function to ${expected}`)
  const forms = 'a JWK, a JWK Set, PEM text, or undefined for an unknown key'
  return result === undefined || result === null
    ? undefined
    : readGivenKeys(result, { forms, createError, identityPrefix })
}

/** An identity has no line break after this one. */
const endOfKey = '\n'

function cacheKeyOf({ alg, kid = '' }: KeyHeader): string {
  return `${alg} ${kid}`
}

function unknownKey(): Refusal {
  return invalidToken('unknown-key')
}

/** The results of one function, by cache key. */
type Results = ReturnType<typeof createResults>

function createResults(clock: Clock) {
  const common = { perf: { now: clock }, ttlResolution: 0 }
  const sizeOfKey = (_value: unknown, key: string): number => sizeOfEntry + 2 * key.length
  const found = new LRUCache<string, KeySet>({
    ...common,
    maxSize: 8 * 2 ** 20,
    ttl: foundFor,
    sizeCalculation: ({ bytes }, key) => sizeOfEntry + 6 * key.length + bytes,
  })
  /** Functions that create the error of a token: the key is unknown, or the function failed. */
  const absent = new LRUCache<string, () => unknown>({ ...common, maxSize: 256 * 1024, sizeCalculation: sizeOfKey })
  /** There were keys before. Calls for these are not limited, so that no stranger delays them. */
  const proven = new LRUCache<string, true>({ maxSize: 128 * 1024, sizeCalculation: sizeOfKey })
  const bytes = (): number => found.calculatedSize + absent.calculatedSize + proven.calculatedSize
  return { found, absent, proven, bytes }
}

const numbers = new WeakMap<KeyFunction, number>()
let lastNumber = 0

/** Two functions have two numbers, and one function has the same number in all validators. */
function numberOf(load: KeyFunction): number {
  const number = numbers.get(load) ?? (lastNumber += 1)
  numbers.set(load, number)
  return number
}
