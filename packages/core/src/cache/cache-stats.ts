import { diagnostics } from '../diagnostics/channels.ts'
import type { CacheStats } from '../diagnostics/health.ts'
import type { CacheMessage } from '../diagnostics/messages.ts'

/** Counts the look-ups in a cache, and publishes each on the channel `tollgate:cache`. */
export interface HitCounter {
  readonly note: (outcome: 'hit' | 'miss') => void
  readonly counts: () => CacheStats
}

export function createHitCounter(cache: CacheMessage['cache']): HitCounter {
  const counts = { hit: 0, miss: 0 }

  return {
    note: (outcome) => {
      counts[outcome] += 1
      if (diagnostics.cache.hasSubscribers) {
        diagnostics.cache.publish({ cache, operation: 'get', outcome, error: undefined })
      }
    },
    counts: () => {
      const { hit: hits, miss: misses } = counts
      return { hits, misses, hitRatio: hits + misses === 0 ? undefined : hits / (hits + misses) }
    },
  }
}
