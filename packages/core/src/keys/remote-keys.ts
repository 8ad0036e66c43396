import { diagnostics } from '../diagnostics/channels.ts'
import { nameOf } from '../http/send-request.ts'
import { deadline, fetchJson, type Loaded } from '../http/fetch-json.ts'
import { createHolders } from '../http/holders.ts'
import { createRemembered } from '../http/cached-document.ts'
import { createShared, type Outside } from '../http/shared-documents.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import type { FetchedKeys } from './key-source.ts'
import { createSearch } from './unknown-kid-lookup.ts'

const second = 1000
const minute = 60 * second
const freshWhenSilent = 10 * minute
const staleFor = 60 * minute

const shared = createShared<FetchedKeys>()

/** A remote key set, fetched when it is first needed and shared by all in this process who name its URL. It is forgotten with the last who holds it. */
export function remoteKeys(url: string, outside: Outside): FetchedKeys {
  return shared.get(url, outside, () => createRemoteKeys(url, outside))
}

function createRemoteKeys(url: string, outside: Outside): FetchedKeys {
  const { clock, label } = outside
  const remembered = createRemembered<KeySet>({
    kind: 'keys',
    label,
    clock,
    staleFor,
    load: (kept, errand) => fetchKeys(url, outside, { kept, mayBeCached: errand === 'refresh' }),
    onReplaced: (previous, next) => tellOfRotation(label, previous, next),
  })
  const search = createSearch(remembered, clock)
  const held = createHolders(() => {
    const letGo = remembered.hold()
    shared.get(url, outside, () => keys)
    return () => {
      letGo()
      search.stop()
      shared.forget(url, outside, keys)
    }
  })

  /** A set of no use is asked for again, and not before a second has gone by. */
  async function ready(): Promise<void> {
    const set = await remembered.current()
    const isWorthAnother = !set.isUsable && remembered.age() >= second
    const { isUsable } = isWorthAnother ? await remembered.renew() : set
    if (!isUsable) {
      throw noUsableKey(nameOf(url))
    }
  }

  function health(): ReturnType<FetchedKeys['health']> {
    const keys = remembered.health()
    const isOfNoUse = remembered.atHand()?.isUsable === false
    return { keys: isOfNoUse ? { ...keys, state: 'missing', lastFailure: 'no-usable-key' } : keys, metadata: undefined }
  }

  const { current, atOnce, atHand } = remembered
  const { retry } = search
  const keys: FetchedKeys = { current, atOnce, retry, ready, atHand, isProven: () => true, held, health }
  return keys
}

interface Before {
  readonly kept: Loaded<KeySet> | undefined
  readonly mayBeCached: boolean
}

function fetchKeys(url: string, outside: Outside, before: Before): Promise<Loaded<KeySet>> {
  const name = nameOf(url)
  const previous = before.kept?.document

  async function read(json: unknown): Promise<KeySet> {
    const keys = await parseKeySet(json, name)
    if (previous?.isUsable === true && !keys.isUsable) {
      // A set that was good is not replaced by one that is good for nothing.
      throw noUsableKey(name)
    }
    return keys
  }

  return fetchJson({ ...before, purpose: 'keys', url, outside, signal: deadline(), freshWhenSilent, read })
}

export function noUsableKey(name: string): UpstreamError {
  return new UpstreamError({ reason: 'no-usable-key', message: `${name} holds no key that can verify a signature` })
}

export function tellOfRotation(issuer: string, previous: KeySet, next: KeySet): void {
  const added = [...next.identities].filter((identity) => !previous.identities.has(identity)).length
  const removed = [...previous.identities].filter((identity) => !next.identities.has(identity)).length
  if (added + removed > 0) {
    diagnostics.rotation.publish({ issuer, added, removed })
  }
}
