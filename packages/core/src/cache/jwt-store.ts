import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDoorkeeper, type Doorkeeper } from './doorkeeper.ts'
import { createSharing, type Sharing } from './sharing.ts'
import { createTally } from './tally.ts'
import type { StoreHealth } from './verdict-store.ts'

/** The memory of one validator for verdicts on JWTs, bounded in entries and bytes. Whether a verdict still counts, those who ask have to judge. */
export interface JwtStore<Verdict> {
  get(token: string): Verdict | undefined
  /**
   * Keeps a verdict, unless its token comes for the first time: many never come again, and what is kept has to be collected one day. What it has in common
   * with others, such as parts of its claims, it need not have for itself.
   */
  offer(token: string, toVerdict: (share: Sharing) => Kept<Verdict>): void
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
 * Keys are SHA-256 over the token. What a verdict depends on besides is the configuration of the validator, whose own this store is. A token that has
 * not been seen is not even hashed.
 */
export function createJwtStore<Verdict extends object>(): JwtStore<Verdict> {
  const tally = createTally('jwt')
  /** Not before a token was verified: the rooms are claimed at once, and garbage is not worth that. */
  let rooms: Rooms<Verdict> | undefined

  return {
    get: (token) => (rooms?.doorkeeper.mayKnow(token) === true ? rooms.verdicts.get(keyOf(token)) : undefined),
    offer: (token, toVerdict) => {
      rooms ??= createRooms()
      const { doorkeeper, share, verdicts } = rooms
      if (doorkeeper.mayKnow(token)) {
        const { verdict, own } = toVerdict(share)
        verdicts.set(keyOf(token), verdict, { size: entryBytes + own })
      } else {
        doorkeeper.note(token)
      }
    },
    delete: (token) => void rooms?.verdicts.delete(keyOf(token)),
    note: tally.note,
    health: () => {
      const { size: entries = 0, calculatedSize: bytes = 0 } = rooms?.verdicts ?? {}
      return { ...tally.counts(), entries, bytes }
    },
  }
}

interface Rooms<Verdict extends object> {
  readonly doorkeeper: Doorkeeper
  readonly share: Sharing
  readonly verdicts: LRUCache<string, Verdict>
}

function createRooms<Verdict extends object>(): Rooms<Verdict> {
  return {
    doorkeeper: createDoorkeeper(),
    share: createSharing(),
    verdicts: new LRUCache<string, Verdict>(room),
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'latin1')
}

/** For those who want every token verified every time. */
export function rememberNothing<Verdict>(): JwtStore<Verdict> {
  const { counts } = createTally('jwt')
  return {
    get: () => undefined,
    offer: () => undefined,
    delete: () => undefined,
    note: () => undefined,
    health: () => ({ ...counts(), entries: 0, bytes: 0 }),
  }
}
