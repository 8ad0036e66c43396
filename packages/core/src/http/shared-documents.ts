import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { NetworkAccess } from './public-address.ts'

/**
 * The entry of this name. All entries of one name must have the same type. `create` gets a function that reports the
 * bytes of the document whenever they change: an estimate on the high side.
 */
export type SharedDocuments = <Value extends object>(
  name: string,
  create: (resize: (bytes: number) => void) => Value,
) => SharedEntry<Value>

/** An entry of the cache. Look it up on each use, because a reference to its value keeps an evicted one in memory. */
export interface SharedEntry<Value> {
  /** The value. It is created when the cache has none. */
  readonly get: () => Value
  /** The value, if the cache has one. */
  readonly find: () => Value | undefined
}

const maxBytes = 64 * 2 ** 20
/** An entry without a document: closures, promises, and the last error. Measured, and rounded up. */
const bytesOfEntry = 4096

const cachesByOwner = new WeakMap<object, WeakMap<Clock, LRUCache<string, object>>>()

/**
 * The documents that validators share, so that several validators for one issuer fetch once. One cache for each clock
 * and owner of connections holds at most 64 MiB, because tenants choose the size of their documents.
 */
export function sharedDocumentsOf(owner: object, clock: Clock, access: NetworkAccess): SharedDocuments {
  const byClock = cachesByOwner.get(owner) ?? new WeakMap<Clock, LRUCache<string, object>>()
  const cache = byClock.get(clock) ?? new LRUCache<string, object>({ maxSize: maxBytes })
  cachesByOwner.set(owner, byClock.set(clock, cache))

  return <Value extends object>(name: string, create: (resize: (bytes: number) => void) => Value) => {
    const key = `${access} ${name}`
    const find = (): Value | undefined => cache.get(key) as Value | undefined
    const store = (value: Value, bytes: number): unknown =>
      cache.set(key, value, { size: bytesOfEntry + 2 * key.length + bytes })

    function createAndStore(): Value {
      const value = create((bytes) => {
        // An evicted entry stays evicted. `lru-cache` does not measure an entry again while its value stays the same.
        if (cache.peek(key) === value && cache.delete(key)) {
          store(value, bytes)
        }
      })
      store(value, 0)
      return value
    }

    return { find, get: () => find() ?? createAndStore() }
  }
}
