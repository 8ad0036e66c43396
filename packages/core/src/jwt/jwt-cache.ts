import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDoorkeeper, type Doorkeeper } from '../cache/doorkeeper.ts'
import { mixOf } from '../cache/mix.ts'
import { createSharing, type Part, roomForParts, type Shared, type Sharing } from '../cache/sharing.ts'
import { createHitCounter } from '../cache/cache-stats.ts'
import type { CacheHealth } from '../introspection/response-cache.ts'

/** What the store needs to know of what it keeps. */
export interface Kept {
  /** The SHA-256 of the token, as Latin-1: by that it is known. */
  readonly digest: string
  /** What it shares with others. */
  readonly held: readonly Part[]
}

/** The memory of one validator for verdicts on JWTs, bounded in entries and bytes. Whether a verdict still counts, those who ask have to judge. */
export interface JwtStore<Verdict extends Kept> {
  get(token: string): Verdict | undefined
  /**
   * Keeps a verdict, unless its token comes for the first time: many never come again, and what is kept has to be collected one day. What it has in common
   * with others, such as parts of its claims, it need not have for itself.
   */
  offer(token: string, toVerdict: (shared: SharedParts) => Weighed<Verdict>): void
  delete(token: string): void
  /** Whether a verdict that was looked up would do. */
  note(outcome: 'hit' | 'miss'): void
  health(): CacheHealth
}

/** For a verdict that is about to be kept. */
interface SharedParts {
  /** As in `Sharing`. */
  readonly share: <Value>(value: Value) => Shared<Value>
  readonly shareMembers: <Value extends object>(value: Value) => Shared<Value>
  /** Once all is shared. */
  readonly kept: () => Kept
}

interface Weighed<Verdict> {
  readonly verdict: Verdict
  /** About how many bytes of it are its own. */
  readonly own: number
}

/** 64 MiB, of which those that are met but not held yet take two. */
const room = { max: 100_000, maxSize: 62 * 1024 * 1024 - roomForParts }
/** The digest, the verdict but for its claims, and bookkeeping. */
const entryBytes = 400

/**
 * A verdict lies where the end of its token's signature says, and counts for the token of its SHA-256: whatever lies nowhere is not even hashed. Of two tokens in
 * one place, which is one pair in four thousand million, one is forgotten. What a verdict depends on besides is the configuration of the validator, whose own this store is.
 */
export function createJwtStore<Verdict extends Kept>(): JwtStore<Verdict> {
  const tally = createHitCounter('jwt')
  /** Not before a token was verified: the rooms are claimed at once, and garbage is not worth that. */
  let rooms: Rooms<Verdict> | undefined

  function get(token: string): Verdict | undefined {
    const verdict = rooms?.verdicts.get(placeOf(token))
    return verdict !== undefined && verdict.digest === digestOf(token) ? verdict : undefined
  }

  return {
    get,
    offer: (token, toVerdict) => {
      rooms ??= createRooms()
      const { doorkeeper, sharing, verdicts } = rooms
      if (doorkeeper.hasMet(token)) {
        const held: Part[] = []
        const { verdict, own } = toVerdict({
          share: (value) => sharing.share(value, held),
          shareMembers: (value) => sharing.shareMembers(value, held),
          // A list that has grown has room to grow on.
          kept: () => ({ digest: digestOf(token), held: [...held] }),
        })
        verdicts.set(placeOf(token), verdict, { size: entryBytes + own })
      }
    },
    delete: (token) => {
      if (get(token) !== undefined) {
        rooms?.verdicts.delete(placeOf(token))
      }
    },
    note: tally.note,
    health: () => {
      const { size: entries = 0, calculatedSize = 0 } = rooms?.verdicts ?? {}
      return { ...tally.counts(), entries, bytes: calculatedSize + (rooms?.sharing.bytes() ?? 0) }
    },
  }
}

interface Rooms<Verdict extends Kept> {
  readonly doorkeeper: Doorkeeper
  readonly sharing: Sharing
  readonly verdicts: LRUCache<number, Verdict>
}

function createRooms<Verdict extends Kept>(): Rooms<Verdict> {
  const sharing = createSharing()
  return {
    doorkeeper: createDoorkeeper(),
    sharing,
    verdicts: new LRUCache<number, Verdict>({ ...room, dispose: ({ held }) => sharing.release(held) }),
  }
}

/** Of small integers: to look up a text, V8 first makes the only one of it, in a table that all share. */
function placeOf(token: string): number {
  return mixOf(token, token.length - 12, token.length)
}

function digestOf(token: string): string {
  return hash('sha256', token, 'latin1')
}

/** For those who want every token verified every time. */
export function rememberNothing<Verdict extends Kept>(): JwtStore<Verdict> {
  const { counts } = createHitCounter('jwt')
  return {
    get: () => undefined,
    offer: () => undefined,
    delete: () => undefined,
    note: () => undefined,
    health: () => ({ ...counts(), entries: 0, bytes: 0 }),
  }
}
