import { diagnostics } from '../diagnostics.ts'
import { nameOf } from '../http/exchange.ts'
import { deadline, fetchJson, type Loaded } from '../http/fetch-json.ts'
import type { Holdable } from '../http/holdings.ts'
import { createRemembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { UpstreamError } from '../unavailable.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { createSearch } from './search.ts'

/** A remote key set. */
export interface RemoteKeys extends KeySource, Holdable {
  /** The keys that are kept, if they may still be used; nobody is asked. */
  readonly atHand: () => KeySet | undefined
}

const minute = 60_000
const freshWhenSilent = 10 * minute
const staleFor = 60 * minute

const shared = createShared<RemoteKeys>()

/** A remote key set, fetched when it is first needed and shared by all in this process who name its URL. */
export function remoteKeys(url: string, outside: Outside): RemoteKeys {
  const keys = shared(url, outside, () => createRemoteKeys(url, outside))
  outside.holdings.hold(keys)
  return keys
}

function createRemoteKeys(url: string, outside: Outside): RemoteKeys {
  const { clock, label } = outside
  const remembered = createRemembered<KeySet>({
    kind: 'keys',
    label,
    clock,
    staleFor,
    load: (kept) => fetchKeys(url, outside, kept),
    onReplaced: (previous, next) => tellOfRotation(label, previous, next),
  })
  const search = createSearch(remembered, clock)

  function hold(): () => void {
    const release = remembered.hold()
    return () => {
      release()
      if (!remembered.isHeld()) {
        search.stop()
      }
    }
  }

  return {
    current: remembered.current,
    ready: remembered.current,
    retry: search.retry,
    atHand: remembered.atHand,
    hold,
    health: () => ({ keys: remembered.health(), metadata: undefined }),
  }
}

function fetchKeys(url: string, outside: Outside, kept: Loaded<KeySet> | undefined): Promise<Loaded<KeySet>> {
  const name = nameOf(url)

  async function read(json: unknown): Promise<KeySet> {
    const keys = await parseKeySet(json, name, kept?.document)
    if (kept?.document.isUsable === true && !keys.isUsable) {
      // A set that was good is not replaced by one that is good for nothing.
      throw new UpstreamError({ reason: 'no-usable-key', message: `${name} holds no key that can verify a signature` })
    }
    return keys
  }

  return fetchJson({ purpose: 'keys', url, outside, signal: deadline(), kept, freshWhenSilent, read })
}

function tellOfRotation(issuer: string, previous: KeySet, next: KeySet): void {
  const added = [...next.identities].filter((identity) => !previous.identities.has(identity)).length
  const removed = [...previous.identities].filter((identity) => !next.identities.has(identity)).length
  if (added + removed > 0) {
    diagnostics.rotation.publish({ issuer, added, removed })
  }
}
