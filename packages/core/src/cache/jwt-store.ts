import { hash, randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDoorkeeper } from './doorkeeper.ts'
import { lazily } from './lazily.ts'
import { createTally } from './tally.ts'
import type { StoreHealth } from './verdict-store.ts'

/** The memory of one validator for verdicts on JWTs, bounded in entries and bytes. Whether a verdict still counts, those who ask have to judge. */
export interface JwtStore<Verdict> {
  get(token: string): Verdict | undefined
  /** Keeps a verdict, unless its token comes for the first time: many never come again, and what is kept has to be collected one day. */
  offer(token: string, verdict: Verdict): void
  delete(token: string): void
  /** Whether a verdict that was looked up would do. */
  note(outcome: 'hit' | 'miss'): void
  health(): StoreHealth
}

const room = { max: 50_000, maxSize: 64 * 1024 * 1024 }
/** Key and bookkeeping; and what is made of a token, measured against its text. */
const entryBytes = 1024
const parsedFactor = 2

/** Keys are SHA-256 over what stands for the validator, and thus for its configuration, and the token. A token that has not been seen is not even hashed. */
export function createJwtStore<Verdict extends object>(): JwtStore<Verdict> {
  const validator = randomUUID()
  const tally = createTally('jwt')
  const start = lazily(() => ({ doorkeeper: createDoorkeeper(), verdicts: new LRUCache<string, Verdict>(room) }))
  const keyOf = (token: string): string => hash('sha256', validator + token, 'latin1')

  return {
    get: (token) => {
      const { doorkeeper, verdicts } = start()
      return doorkeeper.mayKnow(token) ? verdicts.get(keyOf(token)) : undefined
    },
    offer: (token, verdict) => {
      const { doorkeeper, verdicts } = start()
      if (doorkeeper.mayKnow(token)) {
        verdicts.set(keyOf(token), verdict, { size: entryBytes + token.length * parsedFactor })
      } else {
        doorkeeper.note(token)
      }
    },
    delete: (token) => void start().verdicts.delete(keyOf(token)),
    note: tally.note,
    health: () => {
      const { size: entries, calculatedSize: bytes } = start().verdicts
      return { ...tally.counts(), entries, bytes }
    },
  }
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
