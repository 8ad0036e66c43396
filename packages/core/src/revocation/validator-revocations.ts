import type { Clock } from '../lib/clock.ts'
import type { RevocationsHealth } from '../diagnostics/health.ts'
import { type RevocationFeed, revocationFeedOf } from './revocation-feed.ts'
import { createRevoke, type Revocation } from './revoke.ts'
import { expectRevocationsOptions, type Revocations } from './revocations.ts'
import { createRevocationCheck, type RevocationCheck } from './verify-revocations.ts'

/** The revocations of one validator. */
export interface ValidatorRevocations extends RevocationCheck, Evictions {
  readonly revoke: (revocation: Revocation) => Promise<void>
  /** Whether this process has caught up with the log. Without a log, it always has. */
  readonly isReady: () => boolean
  /** Resolves when the first attempt to catch up has ended. */
  readonly attempted: () => Promise<void>
  readonly health: () => RevocationsHealth
  readonly onChange: RevocationFeed['onChange']
  readonly close: () => void
}

/** The evictions of introspection results, which other processes must learn too. */
export interface Evictions {
  /** Whether a result was requested before its eviction. `key` is that of the cache. */
  readonly isEvicted: (key: string, requestedAt: number) => boolean
  /** Resolves when all processes with this log will learn it. */
  readonly announceEviction: (key: string) => Promise<void>
}

/** Milliseconds: longer than any introspection result is used, and than clocks may differ. */
const keepEvictions = 10 * 60_000
/** The length of a key in a record. The keys of the cache are hashes. */
const keyLength = 22

export function createValidatorRevocations(settings: {
  readonly revocations: Revocations | undefined
  readonly clock: Clock
  /** The names of the listed issuers. `undefined` when `issuer` is a function. */
  readonly issuers: readonly string[] | undefined
  readonly labelOf: (issuer: string) => string
}): ValidatorRevocations {
  const { revocations: log, clock, issuers, labelOf } = settings
  const feed = revocationFeedOf(log ?? createNoLog(), clock)
  if (log !== undefined) {
    feed.join()
  }
  let isUsed = log !== undefined
  let isClosed = false
  const check = createRevocationCheck(feed, { clock, isUsed: () => isUsed, labelOf })
  const revoke = createRevoke(feed, { clock, issuers: issuers ?? [] })

  return {
    ...check,
    revoke: async (revocation) => {
      await revoke(revocation)
      isUsed = true
    },
    isEvicted: (key, requestedAt) =>
      feed.index.hasEvictions() && requestedAt <= (feed.index.evictedAt(key.slice(0, keyLength)) ?? -Infinity),
    announceEviction: async (key) => {
      if (log !== undefined) {
        const now = Math.ceil(clock())
        await feed.publish({ kind: 'evict', key: key.slice(0, keyLength), before: now, until: now + keepEvictions })
      }
    },
    isReady: () => log === undefined || feed.lastContact() !== undefined,
    attempted: async () => (log === undefined ? undefined : feed.attempted()),
    health: () => healthOf(feed, log),
    onChange: feed.onChange,
    close: () => {
      if (log !== undefined && !isClosed) {
        isClosed = true
        feed.leave()
      }
    },
  }
}

/** A validator without a log knows its own revocations, and publishes none. */
function createNoLog(): Revocations {
  return {
    ...expectRevocationsOptions({}),
    publish: async () => undefined,
    read: async () => ({ records: [], position: undefined }),
  }
}

function healthOf(feed: RevocationFeed, log: Revocations | undefined): RevocationsHealth {
  feed.removeExpired()
  const lastContact = feed.lastContact()
  return {
    state: log === undefined ? 'current' : feed.state(),
    entries: feed.index.entries(),
    lastContact: lastContact === undefined ? undefined : new Date(lastContact),
  }
}
