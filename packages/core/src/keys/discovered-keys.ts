import { diagnostics } from '../diagnostics/channels.ts'
import { notFetched } from '../http/cached-document.ts'
import type { Network } from '../http/network.ts'
import { nameOf } from '../http/send-request.ts'
import { createWaitBriefly } from '../http/wait-briefly.ts'
import { endpointDocument } from '../metadata/discovered-endpoint.ts'
import { formatSource, type MetadataSource } from '../metadata/metadata-source.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { KeySet } from './key-set.ts'
import { type FetchedKeys, type KeySourceHealth, sharedKeys } from './key-source.ts'
import { expectUsable, noUsableKey, publishRotation, remoteKeys } from './remote-keys.ts'

/** A key set at the URL that the metadata named. */
interface Place {
  readonly url: string
  readonly keys: FetchedKeys
}

/** Milliseconds for which the metadata is not fetched again to find out whether the keys have moved. */
const minMetadataAge = 60_000

/**
 * The keys at the `jwks_uri` of the metadata. Discovery happens on their first use. When the metadata names another
 * place, the keys of the last good place serve within their bounds until the new place has keys. When a place has no
 * keys any more, the metadata is fetched again. `timeout` is the deadline of one fetch of keys, in milliseconds.
 */
export function discoveredKeys(source: MetadataSource, timeout: number, network: Network): FetchedKeys {
  const name = JSON.stringify(['discovery', formatSource(source), timeout])
  const entry = network.shared(name, (resize) => createDiscoveredKeys(source, timeout, network, resize))
  return sharedKeys(entry, { keys: notFetched, metadata: notFetched })
}

function createDiscoveredKeys(
  source: MetadataSource,
  timeout: number,
  network: Network,
  resize: (bytes: number) => void,
): FetchedKeys {
  const { clock, label } = network
  const [waitForMetadata, waitForKeys] = [createWaitBriefly(), createWaitBriefly()]
  let latest: Place | undefined
  let lastGood: Place | undefined
  // The URLs of both places are in several keys of the cache.
  const jwksUri = endpointDocument(source, 'jwks_uri', network, (bytes) =>
    resize(2 * bytes + 8 * (lastGood?.url.length ?? 0)),
  )

  function placeAt(url: string): Place {
    if (latest?.url !== url) {
      latest = lastGood?.url === url ? lastGood : { url, keys: remoteKeys(url, timeout, network) }
    }
    return latest
  }

  /** The place that the metadata names now. Without metadata, the last good place. */
  async function currentPlace(): Promise<Place> {
    const last = lastGood
    if (last === undefined || jwksUri.usable() !== undefined) {
      return placeAt((await jwksUri.current()).endpoint)
    }
    const found = await waitForMetadata(jwksUri.current())
    return found === undefined ? last : placeAt(found.endpoint)
  }

  /** Does the work at this place. If its response is not usable, the keys may have moved. */
  async function withPlace<Result>(place: Place, work: (place: Place) => Promise<Result>): Promise<Result> {
    try {
      return await work(place)
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      const found = await jwksUri.renew(minMetadataAge).catch(undefinedIfUpstream)
      if (found === undefined || found.endpoint === place.url) {
        throw error
      }
      return work(placeAt(found.endpoint))
    }
  }

  async function keysOf(place: Place): Promise<KeySet> {
    const keys = await place.keys.current()
    const before = keysBefore(place)
    if (!keys.isUsable && before?.isUsable === true) {
      throw noUsableKey(nameOf(place.url), keys)
    }
    if (place === latest && place !== lastGood) {
      lastGood = place
      publishRotation(label, before ?? keys, keys)
    }
    return keys
  }

  /** The usable keys of the last good place, unless that is this place. */
  function keysBefore(place: Place | undefined): KeySet | undefined {
    return lastGood === place ? undefined : lastGood?.keys.usable()
  }

  async function find(): Promise<KeySet> {
    const place = await currentPlace()
    const before = keysBefore(place)
    if (before === undefined) {
      return withPlace(place, keysOf)
    }
    const keys = await waitForKeys(keysOf(place))
    if (keys === undefined) {
      const since = lastGood?.keys.health().keys.since?.getTime() ?? clock()
      diagnostics.stale.publish({ document: 'keys', issuer: label, staleFor: Math.max(0, clock() - since) })
    }
    return keys ?? before
  }

  function cached(now: number): KeySet | undefined {
    const isSettled = latest === lastGood && jwksUri.cached(now)?.endpoint === latest?.url
    return isSettled ? latest?.keys.cached(now) : undefined
  }

  function health(): KeySourceHealth {
    const keys = latest?.keys.health().keys ?? notFetched
    const isServedByLastGood = keys.state === 'missing' && keysBefore(latest) !== undefined
    return { keys: isServedByLastGood ? { ...keys, state: 'stale' } : keys, metadata: jwksUri.health() }
  }

  async function ready(): Promise<KeySet> {
    const keys = await find()
    return keys.isUsable || latest === undefined ? expectUsable(keys, source.issuer) : latest.keys.ready()
  }

  return {
    current: async () => cached(clock()) ?? find(),
    cached,
    retry: async (verifies) => withPlace(await currentPlace(), ({ keys }) => keys.retry(verifies)),
    ready,
    usable: () => latest?.keys.usable() ?? lastGood?.keys.usable(),
    health,
  }
}

function undefinedIfUpstream(error: unknown): undefined {
  if (!(error instanceof UpstreamError)) {
    throw error
  }
}
