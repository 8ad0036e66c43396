import { LRUCache } from 'lru-cache'
import { createHitCounter, type HitCounter } from '../cache/cache-stats.ts'
import type { CacheHealth } from '../diagnostics/health.ts'
import { roughSize } from '../lib/rough-size.ts'
import type { IntrospectionResult } from './introspection-response.ts'

/** A result in the cache. Times are in milliseconds since the epoch. */
export interface CachedResult extends IntrospectionResult {
  /** Until then the result may be used. Afterwards it says whether the token was active. */
  readonly freshUntil: number
}

/** The introspection results of one validator, in this process. It is bounded in bytes. */
export interface ResponseCache extends Pick<HitCounter, 'note'> {
  readonly get: (key: string) => CachedResult | undefined
  readonly set: (key: string, result: CachedResult) => void
  readonly delete: (key: string) => void
  /** Whether the last result said that the token is active. */
  readonly wasActive: (key: string) => boolean
  readonly health: () => CacheHealth
}

/** Inactive tokens have a bound of their own, so that made-up tokens displace no good one. */
const activeBound = { maxSize: 64 * 1024 * 1024 }
const inactiveBound = { maxSize: 8 * 1024 * 1024 }
/** The key, the times and the bookkeeping of an entry. */
const entrySize = 512

export function createResponseCache(): ResponseCache {
  const { note, counts } = createHitCounter('opaque')
  const active = new LRUCache<string, CachedResult>(activeBound)
  const inactive = new LRUCache<string, CachedResult>(inactiveBound)

  function remove(key: string): void {
    active.delete(key)
    inactive.delete(key)
  }

  return {
    get: (key) => active.get(key) ?? inactive.get(key),
    set: (key, result) => {
      remove(key)
      const size = entrySize + roughSize(result.claims)
      const store = result.claims === undefined ? inactive : active
      store.set(key, result, { size })
    },
    delete: remove,
    wasActive: (key) => active.has(key),
    note,
    health: () => {
      const entries = active.size + inactive.size
      return { ...counts(), entries, bytes: active.calculatedSize + inactive.calculatedSize }
    },
  }
}
