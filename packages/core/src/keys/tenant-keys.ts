import type { KeySet } from './key-set.ts'
import type { FetchedKeys, KeySource } from './key-source.ts'
import { expectUsable } from './remote-keys.ts'

/**
 * The keys of a set that may verify tokens of this issuer. Several issuers can share a set, so that each of them leaves
 * out the keys that state another issuer.
 */
export function tenantKeys(issuer: string, source: FetchedKeys): KeySource {
  let last: { readonly all: KeySet; readonly own: KeySet } | undefined

  function restrict(all: KeySet): KeySet {
    if (last?.all !== all) {
      last = { all, own: all.of(issuer) }
    }
    return last.own
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
