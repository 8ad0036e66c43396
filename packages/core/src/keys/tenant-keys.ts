import type { KeySet } from './key-set.ts'
import type { FetchedKeys, KeySource } from './key-source.ts'
import { expectUsable } from './remote-keys.ts'

/**
 * The keys of a set that may verify tokens of this issuer. Several issuers can share a set, so that each of them leaves
 * out the keys that state another issuer.
 */
export function tenantKeys(issuer: string, source: FetchedKeys): KeySource {
  /** Weak, because a reference to a set that the cache evicted would make it stay in memory. */
  const ownByAll = new WeakMap<KeySet, KeySet>()

  function restrict(all: KeySet): KeySet {
    const own = ownByAll.get(all) ?? all.of(issuer)
    ownByAll.set(all, own)
    return own
  }

  function cached(now: number): KeySet | undefined {
    const all = source.cached(now)
    return all && restrict(all)
  }

  return {
    current: async () => restrict(await source.current()),
    cached,
    retry: (verifies) => source.retry((keys) => verifies(restrict(keys))),
    ready: async () => expectUsable(restrict(await source.ready()), `The key set of ${issuer}`),
    isProven: () => source.isProven(),
    health: () => {
      const health = source.health()
      const all = source.usable()
      const isFaulty = all?.isUsable === true && !restrict(all).isUsable
      return isFaulty ? { ...health, keys: { ...health.keys, state: 'missing', lastFailure: 'no-usable-key' } } : health
    },
  }
}
