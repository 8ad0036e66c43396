import type { RevocationRecord } from './revocation-record.ts'

/** The revocations that this process knows. The keys have a fixed size, so that a bound of entries is one of bytes. */
export interface RevocationIndex {
  /** `false`: the index is full, and the record is not in it. */
  readonly add: (record: RevocationRecord, now: number) => boolean
  /** The tokens of this key that were issued then or before are revoked. `undefined` for none. Milliseconds. */
  readonly revokedBefore: (key: string) => number | undefined
  /** Results of this key that were requested then or before are not used. */
  readonly evictedAt: (key: string) => number | undefined
  /** Whether a token can be revoked. It is the only cost for a process without revocations. */
  readonly isEmpty: () => boolean
  /** Changes with every new revocation. */
  readonly version: () => number
  readonly entries: () => number
}

interface Entry {
  readonly before: number
  readonly until: number
}

/** About 170 bytes each. */
const maxEntries = 1_000_000
/** Old entries that an addition removes. It must be more than one, so that the index shrinks. */
const maxRemoved = 8

export function createRevocationIndex(limit: number = maxEntries): RevocationIndex {
  const revoked = new Map<string, Entry>()
  const evicted = new Map<string, Entry>()
  let version = 0

  function add({ kind, key, before, until }: RevocationRecord, now: number): boolean {
    const entries = kind === 'evict' ? evicted : revoked
    removeOld(revoked, now)
    removeOld(evicted, now)
    const known = entries.get(key)
    // An eviction concerns the results of this process, so that its own clock counts.
    const at = kind === 'evict' ? now : before
    if (until <= now || (known !== undefined && known.before >= at && known.until >= until)) {
      return true
    }
    if (known === undefined && revoked.size + evicted.size >= limit) {
      return false
    }
    // The newest entry is the last one, because `until` is about the same time after each.
    entries.delete(key)
    entries.set(key, { before: Math.max(at, known?.before ?? at), until: Math.max(until, known?.until ?? until) })
    version += 1
    return true
  }

  return {
    add,
    revokedBefore: (key) => revoked.get(key)?.before,
    evictedAt: (key) => (evicted.size === 0 ? undefined : evicted.get(key)?.before),
    isEmpty: () => revoked.size === 0,
    version: () => version,
    entries: () => revoked.size + evicted.size,
  }
}

function removeOld(entries: Map<string, Entry>, now: number): void {
  let left = maxRemoved
  for (const [key, { until }] of entries) {
    if (until > now || left === 0) {
      return
    }
    left -= 1
    entries.delete(key)
  }
}
