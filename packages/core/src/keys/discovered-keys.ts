import { notLookedFor } from '../http/document-health.ts'
import { nameOf } from '../http/exchange.ts'
import { createHolders, createHoldings } from '../http/holdings.ts'
import { createPatience } from '../http/patience.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { UpstreamError } from '../unavailable.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { noUsableKey, remoteKeys } from './remote-keys.ts'

/** A key set, and the URL where metadata says it is. */
interface Place {
  readonly url: string
  readonly keys: KeySource
}

const shared = createShared<KeySource>()
/** Milliseconds for which metadata is not asked again whether the keys have moved. */
const sureFor = 60_000

/**
 * The key set that an issuer's metadata names; nothing is asked before the first token. Where there is none any more, the metadata is asked
 * whether it has moved. While the keys of another place cannot be had, those of the place before serve on within their bounds.
 */
export function discoveredKeys(issuer: string, outside: Outside): KeySource {
  return shared.get(issuer, outside, () => createDiscoveredKeys(issuer, outside))
}

function createDiscoveredKeys(issuer: string, outside: Outside): KeySource {
  const jwksUri = discoveredEndpoint(issuer, 'jwks_uri', outside)
  const whileHeld = createHoldings()
  const patiently = createPatience()
  const holders = createHolders({ onFirst: holdPlaces, onLast: () => whileHeld.keepOnly([]) })
  let latest: Place | undefined
  /** The latest of which there were keys. */
  let proven: Place | undefined

  function holdPlaces(): void {
    if (holders.areThere()) {
      const parts = [jwksUri, latest?.keys, proven?.keys].filter((part) => part !== undefined)
      whileHeld.keepOnly(parts)
      parts.forEach(whileHeld.hold)
    }
  }

  function goTo(url: string): Place {
    if (latest?.url !== url) {
      latest = { url, keys: remoteKeys(url, outside) }
      holdPlaces()
    }
    return latest
  }

  function settle(place: Place): void {
    if (place === latest && place !== proven) {
      proven = place
      holdPlaces()
    }
  }

  /** Where the metadata says now that the keys are; `undefined` when that is no news. */
  async function movedFrom({ url }: Place): Promise<Place | undefined> {
    if (jwksUri.age() < sureFor) {
      return undefined
    }
    const { endpoint } = await jwksUri.renew()
    return endpoint === url ? undefined : goTo(endpoint)
  }

  async function atPlace<Result>(work: (place: Place) => Promise<Result>): Promise<Result> {
    const { endpoint } = await jwksUri.current()
    const place = goTo(endpoint)
    try {
      return await work(place)
    } catch (error) {
      const isOfNoUse = error instanceof UpstreamError && !error.isUnreachable
      const next = isOfNoUse ? await movedFrom(place) : undefined
      if (next === undefined) {
        throw error
      }
      return work(next)
    }
  }

  async function keysOf(place: Place): Promise<KeySet> {
    const keys = await place.keys.current()
    if (!keys.isUsable && proven !== place && proven?.keys.atHand()?.isUsable === true) {
      throw noUsableKey(nameOf(place.url))
    }
    settle(place)
    return keys
  }

  const atHand = (): KeySet | undefined => latest?.keys.atHand() ?? proven?.keys.atHand()

  async function current(): Promise<KeySet> {
    const before = proven?.keys.atHand()
    if (before === undefined || jwksUri.atHand()?.endpoint === proven?.url) {
      return atPlace(keysOf)
    }
    try {
      return await patiently(() => atPlace(keysOf))
    } catch (error) {
      if (error instanceof UpstreamError) {
        return before
      }
      throw error
    }
  }

  /** Those of the place before serve as what is stale. */
  function health(): ReturnType<KeySource['health']> {
    const keys = latest?.keys.health().keys ?? notLookedFor
    const isServedBefore = keys.state === 'missing' && proven !== latest && proven?.keys.atHand() !== undefined
    return { keys: isServedBefore ? { ...keys, state: 'stale' } : keys, metadata: jwksUri.health() }
  }

  async function ready(): Promise<void> {
    await current()
    await latest?.keys.ready()
  }

  return {
    current,
    retry: (verifies) => atPlace(({ keys }) => keys.retry(verifies)),
    ready,
    atHand,
    isProven: () => true,
    hold: holders.hold,
    health,
  }
}
