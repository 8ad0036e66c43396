import { diagnostics } from '../diagnostics/channels.ts'
import { timeUntil } from '../http/backoff.ts'
import { createCachedDocument, notFetched } from '../http/cached-document.ts'
import { fetchJson } from '../http/fetch-json.ts'
import type { Network } from '../http/network.ts'
import { nameOf } from '../http/send-request.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type KeySet, readKeySet } from './key-set.ts'
import { type FetchedKeys, type KeySourceHealth, sharedKeys } from './key-source.ts'
import { formatPassedOver } from './passed-over.ts'

const second = 1000
const cooldown = 30_000

/**
 * The keys of a JWK Set at a URL. It is fetched on its first use. All validators that name its URL share it, if they
 * have the same deadline. `timeout` is in milliseconds.
 */
export function remoteKeys(url: string, timeout: number, network: Network): FetchedKeys {
  const name = JSON.stringify(['keys', url, timeout])
  const entry = network.shared(name, (resize) => createRemoteKeys(url, timeout, network, resize))
  return sharedKeys(entry, { keys: notFetched, metadata: undefined })
}

function createRemoteKeys(
  url: string,
  timeout: number,
  network: Network,
  resize: (bytes: number) => void,
): FetchedKeys {
  const { clock, label } = network
  const document = createCachedDocument<KeySet>({
    purpose: 'keys',
    timeout,
    network,
    passedOver: (keys) => keys.passedOver(),
    load: (options) => fetchJson(url, (json) => readKeys(json, nameOf(url), options.previous?.document), options),
    onLoaded: (keys, previous = keys) => {
      resize(keys.bytes)
      publishRotation(label, previous, keys)
    },
  })
  const { current, cached, renew, usable } = document
  let cooldownUntil = 0

  /** All tokens with an unknown key share one fetch. The cooldown prevents that made-up key ids cause many fetches. */
  async function retry(verifies: (keys: KeySet) => Promise<boolean>): Promise<boolean> {
    if (!document.isRenewing()) {
      if (timeUntil(cooldownUntil, clock()) > 0) {
        return false
      }
      // The cooldown starts before the fetch, so that no token starts another fetch before the result is known.
      cooldownUntil = clock() + cooldown
    }
    let isFruitless = false
    try {
      isFruitless = !(await verifies(await renew()))
      return !isFruitless
    } finally {
      // A failed fetch has a back-off of its own.
      cooldownUntil = isFruitless ? cooldownUntil : 0
    }
  }

  /** An unusable set is fetched again, but not within a second. */
  async function ready(): Promise<KeySet> {
    const found = await current()
    return expectUsable(found.isUsable ? found : await renew(second), nameOf(url))
  }

  function health(): KeySourceHealth {
    const keys = document.health()
    const fault = { state: 'missing', lastFailure: 'no-usable-key' } as const
    return { keys: usable()?.isUsable === false ? { ...keys, ...fault } : keys, metadata: undefined }
  }

  return { current, cached, usable, retry, ready, health }
}

/** An unusable set does not replace a usable one. */
function readKeys(json: unknown, name: string, previous: KeySet | undefined): KeySet {
  const keys = readKeySet(json, name)
  if (previous?.isUsable === true && !keys.isUsable) {
    throw noUsableKey(name, keys)
  }
  return keys
}

/** Returns the set. Throws an `UpstreamError` for a set without a key that can verify a signature. */
export function expectUsable(keys: KeySet, name: string): KeySet {
  if (!keys.isUsable) {
    throw noUsableKey(name, keys)
  }
  return keys
}

/** The error for a key set without a key that can verify a signature. Its message names the keys, and their faults. */
export function noUsableKey(name: string, keys: KeySet): UpstreamError {
  const message = `${name} contains no key that can verify a signature${formatPassedOver(keys.passedOver())}`
  return new UpstreamError({ reason: 'no-usable-key', message })
}

/** Publishes a change of the usable keys of an issuer. */
export function publishRotation(issuer: string, previous: KeySet, next: KeySet): void {
  const [added, removed] = [newIn(next, previous), newIn(previous, next)]
  if (added + removed > 0) {
    diagnostics.rotation.publish({ issuer, added, removed })
  }
}

function newIn({ identities }: KeySet, before: KeySet): number {
  return [...identities].filter((identity) => !before.identities.has(identity)).length
}
