import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import { type Age, createAge, maxStaleness } from '../http/freshness.ts'
import type { Network } from '../http/network.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { KeySet } from './key-set.ts'
import type { FetchedKeys, KeySource, KeySourceHealth } from './key-source.ts'
import { noUsableKey } from './remote-keys.ts'

interface SeededSource {
  /** The keys that replace the seed. */
  readonly keys: FetchedKeys
  /** The name of these keys. All validators that seed them share the use of their seed. */
  readonly name: string
  readonly network: Network
}

/** The use of a seed. */
interface SeedUse {
  /** Since its first use. */
  age: Age | undefined
  /** Keys were fetched. The seed never serves again. */
  isOver: boolean
}

/**
 * Keys that serve until the first fetch, and for one hour after their first use while fetches fail. Their first use
 * starts the fetch. Once keys were fetched, the seed never serves again.
 */
export function seededKeys(seed: KeySet, { keys: source, name, network }: SeededSource): KeySource {
  const { clock, label } = network
  const use = network.documents.entry<SeedUse>(`seed ${name}`, () => ({ age: undefined, isOver: false })).get()

  const isOver = (): boolean => use.isOver || source.usable()?.isUsable === true
  const serves = (): boolean => !isOver() && (use.age?.at(clock()) ?? 0) < maxStaleness

  function begin(): void {
    use.age ??= createAge(clock)
    use.isOver ||= isOver()
  }

  async function fetched(): Promise<KeySet> {
    const keys = await source.current()
    if (!keys.isUsable) {
      throw noUsableKey(name)
    }
    use.isOver = true
    return keys
  }

  async function current(): Promise<KeySet> {
    begin()
    if (!serves()) {
      return source.current()
    }
    fetched().catch(reportBug)
    diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor: use.age?.at(clock()) ?? 0 })
    return seed
  }

  async function ready(): Promise<unknown> {
    begin()
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
    const since = use.age && new Date(use.age.timeOf(0))
    return { keys: isSeed ? { ...keys, state: 'stale', since } : keys, metadata }
  }

  return {
    current,
    cached: (now) => (use.isOver ? source.cached(now) : undefined),
    ready,
    retry: async (verifies) => (serves() && (await verifies(await fetched()))) || source.retry(verifies),
    isProven: () => !serves(),
    health,
  }
}
