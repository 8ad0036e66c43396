import { timeUntil } from '../http/backoff.ts'
import type { CachedDocument } from '../http/cached-document.ts'
import type { Clock } from '../lib/clock.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

const cooldown = 30_000

/**
 * Looks for a key that is not in the current key set. All tokens with an unknown key share one fetch. A fetch that
 * brings no key for any of them starts a cooldown, because made-up key ids must not cause a storm of fetches.
 */
export function createUnknownKidLookup(keys: CachedDocument<KeySet>, clock: Clock): KeySource['retry'] {
  let cooldownUntil = 0

  return async (verifies) => {
    if (!keys.isRenewing()) {
      if (timeUntil(cooldownUntil, clock()) > 0) {
        return false
      }
      // The cooldown starts before the fetch, so that no token starts another fetch before the result is known.
      cooldownUntil = clock() + cooldown
    }
    let isFruitless = false
    try {
      isFruitless = !(await verifies(await keys.renew()))
      return !isFruitless
    } finally {
      // A failed fetch has a back-off of its own.
      cooldownUntil = isFruitless ? cooldownUntil : 0
    }
  }
}
