import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { NetworkAccess } from './public-address.ts'

/**
 * The documents that validators share, so that several validators for one issuer fetch once. The cache contains at most
 * 64 MiB, because tenants choose the size of their documents. It evicts the documents that were used the least
 * recently.
 */
export interface SharedDocuments {
  /** The entry of this name. All entries of one name must have the same type. */
  readonly entry: <Value extends object>(name: string, create: CreateValue<Value>) => SharedEntry<Value>
}

/**
 * An entry of the cache. Look it up on each use, because a reference to its value would keep an evicted document in
 * memory.
 */
export interface SharedEntry<Value> {
  /** The value. It is created when the cache has none. */
  readonly get: () => Value
  /** The value, if the cache has one. */
  readonly find: () => Value | undefined
}

/** Creates a value. `resize` reports the bytes of its document whenever they change: an estimate on the high side. */
export type CreateValue<Value> = (resize: (bytes: number) => void) => Value

const maxBytes = 64 * 2 ** 20
/** An entry without a document: closures, promises, and the last error. Measured, and rounded up. */
const bytesOfEntry = 4096

interface Stored {
  readonly value: object
  bytes: number
}

type Documents = LRUCache<string, Stored>

const cachesByOwner = new WeakMap<object, WeakMap<Clock, Documents>>()

/** The documents by the owner of the connections, the clock and the access. */
export function sharedDocumentsOf({ owner, clock, access }: Scope): SharedDocuments {
  const cache = cacheOf(owner, clock)

  function create<Value extends object>(key: string, createValue: CreateValue<Value>): Value {
    const value = createValue((bytes) => resize(key, stored, bytes))
    const stored: Stored = { value, bytes: 0 }
    cache.set(key, stored)
    return value
  }

  /**
   * `lru-cache` does not measure an entry again when its value stays the same. An entry that was evicted stays evicted.
   */
  function resize(key: string, stored: Stored, bytes: number): void {
    stored.bytes = bytes
    if (cache.peek(key) === stored) {
      cache.delete(key)
      cache.set(key, stored)
    }
  }

  function entry<Value extends object>(name: string, createValue: CreateValue<Value>): SharedEntry<Value> {
    const key = `${access} ${name}`
    const find = (): Value | undefined => cache.get(key)?.value as Value | undefined
    return { find, get: () => find() ?? create(key, createValue) }
  }

  return { entry }
}

interface Scope {
  readonly owner: object
  readonly clock: Clock
  readonly access: NetworkAccess
}

function cacheOf(owner: object, clock: Clock): Documents {
  const byClock = cachesByOwner.get(owner) ?? new WeakMap<Clock, Documents>()
  cachesByOwner.set(owner, byClock)
  const cache = byClock.get(clock) ?? createCache()
  byClock.set(clock, cache)
  return cache
}

function createCache(): Documents {
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }, key) => bytesOfEntry + 2 * key.length + bytes,
  })
}
