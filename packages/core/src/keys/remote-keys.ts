import { diagnostics } from '../diagnostics/channels.ts'
import { createCachedDocument, type LoadOptions } from '../http/cached-document.ts'
import { notFetched } from '../http/document-health.ts'
import { fetchDeadline, fetchJson, type LoadedDocument } from '../http/fetch-json.ts'
import type { Network } from '../http/network.ts'
import { nameOf } from '../http/send-request.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type KeySet, readKeySet } from './key-set.ts'
import type { FetchedKeys, KeySourceHealth } from './key-source.ts'
import { sharedKeys } from './shared-keys.ts'
import { createUnknownKidLookup } from './unknown-kid-lookup.ts'

const second = 1000

/** The keys of a JWK Set at a URL. It is fetched on its first use. All validators that name its URL share it. */
export function remoteKeys(url: string, network: Network): FetchedKeys {
  const entry = network.documents.entry(`keys ${url}`, (resize) => createRemoteKeys(url, network, resize))
  return sharedKeys(entry, { keys: notFetched, metadata: undefined })
}

function createRemoteKeys(url: string, network: Network, resize: (bytes: number) => void): FetchedKeys {
  const { clock, label } = network
  const document = createCachedDocument<KeySet>({
    kind: 'keys',
    network,
    load: (options) => fetchKeys(url, network, options),
    onLoaded: ({ bytes }) => resize(bytes),
    onReplaced: (previous, next) => publishRotation(label, previous, next),
  })

  /** An unusable set is fetched again, but not within a second. */
  async function ready(): Promise<void> {
    const keys = await document.current()
    const isDue = !keys.isUsable && document.age() >= second
    const { isUsable } = isDue ? await document.renew() : keys
    if (!isUsable) {
      throw noUsableKey(nameOf(url))
    }
  }

  function health(): KeySourceHealth {
    const keys = document.health()
    const isUnusable = document.usable()?.isUsable === false
    return {
      keys: isUnusable ? { ...keys, state: 'missing', lastFailure: 'no-usable-key' } : keys,
      metadata: undefined,
    }
  }

  const { current, cached, usable } = document
  const retry = createUnknownKidLookup(document, clock)
  return { current, cached, usable, retry, ready, isProven: () => true, health }
}

function fetchKeys(url: string, network: Network, options: LoadOptions<KeySet>): Promise<LoadedDocument<KeySet>> {
  const name = nameOf(url)
  const previous = options.previous?.document

  /** An unusable set does not replace a usable one. */
  function read(json: unknown): KeySet {
    const keys = readKeySet(json, name)
    if (previous?.isUsable === true && !keys.isUsable) {
      throw noUsableKey(name)
    }
    return keys
  }

  return fetchJson({ ...options, purpose: 'keys', url, network, signal: fetchDeadline(), read })
}

/** The error for a key set without a key that can verify a signature. */
export function noUsableKey(name: string): UpstreamError {
  return new UpstreamError({ reason: 'no-usable-key', message: `${name} contains no key that can verify a signature` })
}

/** Publishes a change of the usable keys of an issuer. */
export function publishRotation(issuer: string, previous: KeySet, next: KeySet): void {
  const added = [...next.identities].filter((identity) => !previous.identities.has(identity)).length
  const removed = [...previous.identities].filter((identity) => !next.identities.has(identity)).length
  if (added + removed > 0) {
    diagnostics.rotation.publish({ issuer, added, removed })
  }
}
