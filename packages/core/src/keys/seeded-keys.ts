import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import { ageOf, maxStaleness } from '../http/freshness.ts'
import type { Network } from '../http/network.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { KeySet } from './key-set.ts'
import type { FetchedKeys, KeySourceHealth } from './key-source.ts'
import { expectUsable } from './remote-keys.ts'

/** The first use of a seed, and whether keys were fetched. Then the seed never serves again. */
type SeedUse = { begin: { since: number } | undefined; isOver: boolean }

/**
 * Keys that serve until the first fetch of `source`, and for one hour after their first use while fetches fail. Their
 * first use starts the fetch. Once keys were fetched, the seed never serves again. All validators that seed keys of
 * this name share the use of their seed.
 */
export function seededKeys(seed: KeySet, source: FetchedKeys, name: string, network: Network): FetchedKeys {
  const { clock, label } = network
  // The reference is permanent, because an eviction must not start a second hour.
  const use = network.shared<SeedUse>(JSON.stringify(['seed', name]), () => ({ begin: undefined, isOver: false })).get()

  const age = (): number => (use.begin === undefined ? 0 : ageOf(use.begin, clock()))

  function serves(): boolean {
    use.isOver ||= source.usable()?.isUsable === true
    return !use.isOver && age() < maxStaleness
  }

  async function fetched(): Promise<KeySet> {
    const keys = expectUsable(await source.current(), name)
    use.isOver = true
    return keys
  }

  async function current(): Promise<KeySet> {
    use.begin ??= { since: clock() }
    if (!serves()) {
      return source.current()
    }
    fetched().catch(reportBug)
    diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor: age() })
    return seed
  }

  async function ready(): Promise<KeySet> {
    use.begin ??= { since: clock() }
    try {
      return await fetched()
    } catch (error) {
      if (error instanceof UpstreamError && serves()) {
        return seed
      }
      throw error
    }
  }

  function health(): KeySourceHealth {
    const { keys, metadata } = source.health()
    const isSeed = keys.state === 'missing' && serves()
    const since = use.begin && new Date(use.begin.since)
    return { keys: isSeed ? { ...keys, state: 'stale', since } : keys, metadata }
  }

  return {
    current,
    cached: (now) => (use.isOver ? source.cached(now) : undefined),
    ready,
    retry: async (verifies) => (serves() && (await verifies(await fetched()))) || source.retry(verifies),
    usable: () => (serves() ? seed : source.usable()),
    isProven: () => !serves(),
    health,
  }
}
