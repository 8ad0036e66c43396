import type { RevocationRecord } from './revocation-record.ts'
import { keepMargin } from './revocations.ts'

/** The revocations that this process knows. The keys have a fixed size, so that a bound of entries is one of bytes. */
export interface RevocationIndex {
  /** `false`: the index is full, and the record is not in it. */
  readonly add: (record: RevocationRecord, now: number) => boolean
  /** The tokens of this key that were issued then or before are revoked. `undefined` for none. Milliseconds. */
  readonly revokedBefore: (key: string) => number | undefined
  /** Results of this key that were requested then or before are not used. */
  readonly evictedAt: (key: string) => number | undefined
  /** Whether no token is revoked. It is the only cost for a process without revocations. */
  readonly isEmpty: () => boolean
  readonly hasEvictions: () => boolean
  /** Changes with every new revocation. */
  readonly version: () => number
  readonly entries: () => number
  /** Looks at so many entries, and removes those that ended. Repeated calls look at all entries in turn. */
  readonly removeExpired: (now: number, count: number) => void
}

/** About 90 bytes each. */
const maxEntries = 1_000_000
/** Entries that an addition looks at. It must be more than one, so that the index shrinks. */
const maxSwept = 8

export function createRevocationIndex(limit: number = maxEntries): RevocationIndex {
  const revoked = new Map<string, number>()
  const evicted = new Map<string, number>()
  const sweeps = [createSweep(revoked), createSweep(evicted)]
  let version = 0

  function removeExpired(now: number, count: number): void {
    sweeps.forEach((sweep) => sweep(now, count))
  }

  function add(record: RevocationRecord, now: number): boolean {
    const { kind, key } = record
    const entries = kind === 'evict' ? evicted : revoked
    removeExpired(now, maxSwept)
    if (record.until <= now) {
      return true
    }
    // An eviction concerns the results of this process, so that its own clock counts. A process whose clock is ahead must
    // not revoke tokens that are issued later.
    const latest = Math.ceil(now) + (kind === 'evict' ? 0 : keepMargin)
    const before = kind === 'evict' || record.before > latest ? latest : record.before
    const until = before + (record.until - record.before)
    const known = entries.get(key)
    if (known === undefined && revoked.size + evicted.size >= limit) {
      return false
    }
    const packed = pack(Math.max(before, beforeOf(known ?? 0)), Math.max(until, untilOf(known ?? 0)))
    entries.set(key, packed)
    version += kind === 'evict' || packed === known ? 0 : 1
    return true
  }

  const timeIn = (entries: ReadonlyMap<string, number>, key: string): number | undefined => {
    const packed = entries.get(key)
    return packed === undefined ? undefined : beforeOf(packed)
  }

  return {
    add,
    revokedBefore: (key) => timeIn(revoked, key),
    evictedAt: (key) => timeIn(evicted, key),
    isEmpty: () => revoked.size === 0,
    hasEvictions: () => evicted.size > 0,
    version: () => version,
    entries: () => revoked.size + evicted.size,
    removeExpired,
  }
}

/** Removes old entries in any order, because one that ends late must not protect those behind it. */
function createSweep(entries: Map<string, number>): (now: number, count: number) => void {
  let cursor = entries.entries()

  /** The entry after the last one is the first one. */
  function next(): readonly [key: string, packed: number] | undefined {
    const { value } = cursor.next()
    if (value === undefined) {
      cursor = entries.entries()
    }
    return value ?? cursor.next().value
  }

  return (now, count) => {
    for (let left = Math.min(count, entries.size); left > 0; left -= 1) {
      const [key, packed] = next() ?? ['', 0]
      if (untilOf(packed) <= now) {
        entries.delete(key)
      }
    }
  }
}

// Two times in one number take a fifth of the bytes of an object with both: 42 bits for `before` in milliseconds, and 11
// bits for the time from `before` to `until`, in units that are rounded up. `parseRecord` limits both.
const units = 2048
const unit = 30 * 60_000

function pack(before: number, until: number): number {
  return before * units + Math.ceil((until - before) / unit)
}

function beforeOf(packed: number): number {
  return Math.floor(packed / units)
}

function untilOf(packed: number): number {
  return beforeOf(packed) + (packed % units) * unit
}
