import { diagnostics } from '../diagnostics/channels.ts'
import { notLookedFor } from '../http/document-health.ts'
import { nameOf } from '../http/send-request.ts'
import { createHolders } from '../http/holders.ts'
import { createHoldings } from '../http/holdings.ts'
import { createPatience } from '../http/wait-briefly.ts'
import { createShared, type Outside } from '../http/shared-documents.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { KeySet } from './key-set.ts'
import type { FetchedKeys } from './key-source.ts'
import { noUsableKey, remoteKeys, tellOfRotation } from './remote-keys.ts'

/** A key set, and the URL where metadata says it is. */
interface Place {
  readonly url: string
  readonly keys: FetchedKeys
}

const shared = createShared<FetchedKeys>()
/** Milliseconds for which metadata is not asked again whether the keys have moved. */
const sureFor = 60_000

/**
 * The key set that an issuer's metadata names; nothing is asked before the first token. Where there is none any more, the metadata is asked
 * whether it has moved. While the keys of another place cannot be had, those of the place before serve on within their bounds.
 */
export function discoveredKeys(issuer: string, outside: Outside): FetchedKeys {
  return shared.get(issuer, outside, () => createDiscoveredKeys(issuer, outside))
}

function createDiscoveredKeys(issuer: string, outside: Outside): FetchedKeys {
  const { clock, label } = outside
  const jwksUri = discoveredEndpoint(issuer, 'jwks_uri', outside)
  const whileHeld = createHoldings()
  const [forMetadata, forKeys] = [createPatience(), createPatience()]
  const held = createHolders(() => {
    holdPlaces()
    return () => whileHeld.keepOnly([])
  })
  let latest: Place | undefined
  /** The last of which there were keys. */
  let lastGood: Place | undefined

  function holdPlaces(): void {
    if (held.isHeld()) {
      const parts = [jwksUri, latest?.keys.held, lastGood?.keys.held].filter((part) => part !== undefined)
      whileHeld.keepOnly(parts)
      parts.forEach(whileHeld.hold)
    }
  }

  function goTo(url: string): Place {
    if (latest?.url !== url) {
      latest = lastGood?.url === url ? lastGood : { url, keys: remoteKeys(url, outside) }
      holdPlaces()
    }
    return latest
  }

  function settle(place: Place, before: KeySet | undefined, keys: KeySet): void {
    if (place === latest && place !== lastGood) {
      lastGood = place
      holdPlaces()
      if (before !== undefined) {
        tellOfRotation(label, before, keys)
      }
    }
  }

  /** Where the metadata says now that the keys are; `undefined` when that is no news. */
  async function movedFrom({ url }: Place): Promise<Place | undefined> {
    if (jwksUri.age() < sureFor) {
      return undefined
    }
    const found = await jwksUri.renew().catch(unlessUpstream)
    return found === undefined || found.endpoint === url ? undefined : goTo(found.endpoint)
  }

  /** Where the metadata says that the keys are; where they were last, when there is no metadata to be had. */
  async function whereNow(): Promise<Place> {
    const last = lastGood
    if (last === undefined || jwksUri.atHand() !== undefined) {
      return goTo((await jwksUri.current()).endpoint)
    }
    const found = await forMetadata(jwksUri.current)
    return found === undefined ? last : goTo(found.endpoint)
  }

  async function atPlace<Result>(place: Place, work: (place: Place) => Promise<Result>): Promise<Result> {
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
    const before = lastGood === place ? undefined : lastGood?.keys.atHand()
    if (!keys.isUsable && before?.isUsable === true) {
      throw noUsableKey(nameOf(place.url))
    }
    settle(place, before, keys)
    return keys
  }

  const atHand = (): KeySet | undefined => latest?.keys.atHand() ?? lastGood?.keys.atHand()

  async function current(): Promise<KeySet> {
    const place = await whereNow()
    const before = place === lastGood ? undefined : lastGood?.keys.atHand()
    if (before === undefined) {
      return atPlace(place, keysOf)
    }
    return (await forKeys(() => keysOf(place))) ?? serve(before)
  }

  function atOnce(now?: number): KeySet | undefined {
    const isInPlace = latest !== undefined && latest === lastGood && jwksUri.atOnce(now)?.endpoint === latest.url
    return isInPlace ? latest?.keys.atOnce(now) : undefined
  }

  function serve(before: KeySet): KeySet {
    const since = lastGood?.keys.health().keys.since
    const staleFor = Math.max(0, clock() - (since?.getTime() ?? clock()))
    diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor })
    return before
  }

  /** Those of the place before serve as what is stale. */
  function health(): ReturnType<FetchedKeys['health']> {
    const keys = latest?.keys.health().keys ?? notLookedFor
    const isServedByLastGood = keys.state === 'missing' && lastGood !== latest && lastGood?.keys.atHand() !== undefined
    return { keys: isServedByLastGood ? { ...keys, state: 'stale' } : keys, metadata: jwksUri.health() }
  }

  async function ready(): Promise<void> {
    const { isUsable } = await current()
    if (!isUsable) {
      await latest?.keys.ready()
    }
  }

  return {
    current,
    atOnce,
    retry: async (verifies) => atPlace(await whereNow(), ({ keys }) => keys.retry(verifies)),
    ready,
    atHand,
    isProven: () => true,
    held,
    health,
  }
}

function unlessUpstream(error: unknown): undefined {
  if (!(error instanceof UpstreamError)) {
    throw error
  }
}
