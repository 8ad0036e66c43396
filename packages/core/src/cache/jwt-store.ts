import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDoorkeeper, type Doorkeeper } from './doorkeeper.ts'
import { mixOf } from './mix.ts'
import { createSharing, type Sharing } from './sharing.ts'
import { createTally } from './tally.ts'
import type { StoreHealth } from './verdict-store.ts'

/** What is remembered of a token, which it is known by: its SHA-256, as Latin-1. */
export interface Digested {
  readonly digest: string
}

/** The memory of one validator for verdicts on JWTs, bounded in entries and bytes. Whether a verdict still counts, those who ask have to judge. */
export interface JwtStore<Verdict extends Digested> {
  get(token: string): Verdict | undefined
  /**
   * Keeps a verdict, unless its token comes for the first time: many never come again, and what is kept has to be collected one day. What it has in common
   * with others, such as parts of its claims, it need not have for itself.
   */
  offer(token: string, toVerdict: (digest: string, share: Sharing) => Kept<Verdict>): void
  delete(token: string): void
  /** Whether a verdict that was looked up would do. */
  note(outcome: 'hit' | 'miss'): void
  health(): StoreHealth
}

interface Kept<Verdict> {
  readonly verdict: Verdict
  /** About how many bytes of it are its own. */
  readonly own: number
}

const room = { max: 100_000, maxSize: 64 * 1024 * 1024 }
/** Key, bookkeeping, and the members of the token. */
const entryBytes = 512

/**
 * A verdict lies where the end of its token's signature says, and counts for the token of its SHA-256: whatever lies nowhere is not even hashed. Of two tokens in
 * one place, which is one pair in four thousand million, one is forgotten. What a verdict depends on besides is the configuration of the validator, whose own this store is.
 */
export function createJwtStore<Verdict extends Digested>(): JwtStore<Verdict> {
  const tally = createTally('jwt')
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
      const { doorkeeper, share, verdicts } = rooms
      if (doorkeeper.hasMet(token)) {
        const { verdict, own } = toVerdict(digestOf(token), share)
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
      const { size: entries = 0, calculatedSize: bytes = 0 } = rooms?.verdicts ?? {}
      return { ...tally.counts(), entries, bytes }
    },
  }
}

interface Rooms<Verdict extends Digested> {
  readonly doorkeeper: Doorkeeper
  readonly share: Sharing
  readonly verdicts: LRUCache<number, Verdict>
}

function createRooms<Verdict extends Digested>(): Rooms<Verdict> {
  return {
    doorkeeper: createDoorkeeper(),
    share: createSharing(),
    verdicts: new LRUCache<number, Verdict>(room),
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
export function rememberNothing<Verdict extends Digested>(): JwtStore<Verdict> {
  const { counts } = createTally('jwt')
  return {
    get: () => undefined,
    offer: () => undefined,
    delete: () => undefined,
    note: () => undefined,
    health: () => ({ ...counts(), entries: 0, bytes: 0 }),
  }
}
