import { diagnostics } from '../diagnostics/channels.ts'
import { timeUntil } from '../http/backoff.ts'
import { createCachedDocument, notFetched } from '../http/cached-document.ts'
import { fetchJson } from '../http/fetch-json.ts'
import type { Network } from '../http/network.ts'
import { nameOf } from '../http/send-request.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type KeySet, readKeySet } from './key-set.ts'
import { type FetchedKeys, type KeySourceHealth, sharedKeys } from './key-source.ts'

const second = 1000
const cooldown = 30_000

/** The keys of a JWK Set at a URL. It is fetched on its first use. All validators that name its URL share it. */
export function remoteKeys(url: string, network: Network): FetchedKeys {
  const entry = network.shared(`keys ${url}`, (resize) => createRemoteKeys(url, network, resize))
  return sharedKeys(entry, { keys: notFetched, metadata: undefined })
}

function createRemoteKeys(url: string, network: Network, resize: (bytes: number) => void): FetchedKeys {
  const { clock, label } = network
  const document = createCachedDocument<KeySet>({
    purpose: 'keys',
    network,
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
  async function ready(): Promise<void> {
    const keys = await current()
    if (!keys.isUsable && !(await renew(second)).isUsable) {
      throw noUsableKey(nameOf(url))
    }
  }

  function health(): KeySourceHealth {
    const keys = document.health()
    const fault = { state: 'missing', lastFailure: 'no-usable-key' } as const
    return { keys: usable()?.isUsable === false ? { ...keys, ...fault } : keys, metadata: undefined }
  }

  return { current, cached, usable, retry, ready, isProven: () => true, health }
}

/** An unusable set does not replace a usable one. */
function readKeys(json: unknown, name: string, previous: KeySet | undefined): KeySet {
  const keys = readKeySet(json, name)
  if (previous?.isUsable === true && !keys.isUsable) {
    throw noUsableKey(name)
  }
  return keys
}

/** The error for a key set without a key that can verify a signature. */
export function noUsableKey(name: string): UpstreamError {
  return new UpstreamError({ reason: 'no-usable-key', message: `${name} contains no key that can verify a signature` })
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
