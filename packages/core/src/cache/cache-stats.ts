import { diagnostics } from '../diagnostics/channels.ts'
import type { CacheMessage } from '../diagnostics/messages.ts'

/** How often a look-up found something. */
export interface CacheStats {
  readonly hits: number
  readonly misses: number
  /** Hits among all look-ups; `undefined` before the first. */
  readonly hitRatio: number | undefined
}

/** Counts the look-ups in a cache, and tells of them. */
export interface HitCounter {
  readonly note: (outcome: 'hit' | 'miss') => void
  readonly counts: () => CacheStats
}

export function createHitCounter(cache: CacheMessage['cache']): HitCounter {
  let hits = 0
  let misses = 0

  return {
    note: (outcome) => {
      if (outcome === 'hit') {
        hits += 1
      } else {
        misses += 1
      }
      if (diagnostics.cache.hasSubscribers) {
        diagnostics.cache.publish({ cache, operation: 'get', outcome, error: undefined })
      }
    },
    counts: () => ({ hits, misses, hitRatio: hits + misses === 0 ? undefined : hits / (hits + misses) }),
  }
}
