import { LRUCache } from 'lru-cache'
import { type CacheStats, createHitCounter } from '../cache/cache-stats.ts'

/** What is remembered of a token. Times in milliseconds since the epoch. */
export interface Verdict<Claims> {
  /** What the authorization server said of it; `undefined` when it called the token inactive. */
  readonly claims: Claims | undefined
  /** When it was asked. */
  readonly askedAt: number
  /** Until when that counts. It is kept beyond, to tell tokens that were active from garbage. */
  readonly freshUntil: number
}

/** The memory of one validator for verdicts on opaque tokens, bounded in entries and bytes. */
export interface VerdictStore<Claims> {
  get(key: string): Verdict<Claims> | undefined
  /** `bytes`: how large the answer was. */
  set(key: string, verdict: Verdict<Claims>, bytes: number): void
  delete(key: string): void
  /** Whether the token was active when it was last asked about. */
  wasActive(key: string): boolean
  /** Whether a verdict that was looked up would do. */
  note(outcome: 'hit' | 'miss'): void
  health(): CacheHealth
}

export interface CacheHealth extends CacheStats {
  readonly entries: number
  /** About how much room they take. */
  readonly bytes: number
}

/** Inactive tokens have their own room, so that garbage pushes no good token out. */
const room = {
  active: { max: 50_000, maxSize: 64 * 1024 * 1024 },
  inactive: { max: 10_000, maxSize: 8 * 1024 * 1024 },
}
/** Key, times and bookkeeping; and what an answer takes when it is parsed, measured against its text. */
const entryBytes = 512
const parsedFactor = 4

export function createVerdictStore<Claims>(): VerdictStore<Claims> {
  const created: LRUCache<string, Verdict<Claims>>[] = []
  const tally = createHitCounter('opaque')
  const active = lazily(() => create(room.active))
  const inactive = lazily(() => create(room.inactive))

  function create(bounds: (typeof room)[keyof typeof room]): LRUCache<string, Verdict<Claims>> {
    const store = new LRUCache<string, Verdict<Claims>>(bounds)
    created.push(store)
    return store
  }

  function get(key: string): Verdict<Claims> | undefined {
    return active().get(key) ?? inactive().get(key)
  }

  function set(key: string, verdict: Verdict<Claims>, bytes: number): void {
    const isActive = verdict.claims !== undefined
    const [store, other] = isActive ? [active(), inactive()] : [inactive(), active()]
    other.delete(key)
    store.set(key, verdict, { size: isActive ? entryBytes + bytes * parsedFactor : entryBytes })
  }

  return {
    get,
    set,
    delete: (key) => {
      active().delete(key)
      inactive().delete(key)
    },
    wasActive: (key) => active().has(key),
    note: tally.note,
    health: () => ({
      ...tally.counts(),
      entries: created.reduce((sum, { size }) => sum + size, 0),
      bytes: created.reduce((sum, { calculatedSize }) => sum + calculatedSize, 0),
    }),
  }
}

/** The stores claim their room at once, which a validator without opaque tokens need not pay for. */
function lazily<Value>(create: () => Value): () => Value {
  let value: Value | undefined
  return () => (value ??= create())
}
