import { hash, randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createDoorkeeper } from './doorkeeper.ts'
import { lazily } from './lazily.ts'
import { createTally } from './tally.ts'
import type { StoreHealth } from './verdict-store.ts'

/** The memory of one validator for verdicts on JWTs, bounded in entries and bytes. Whether a verdict still counts, those who ask have to judge. */
export interface JwtStore<Verdict> {
  /** SHA-256 over what stands for the validator, and thus for its configuration, and the token; `undefined` for what cannot be a JWT, and when nothing is remembered. */
  keyOf(token: string): string | undefined
  get(key: string): Verdict | undefined
  /** Keeps a verdict, unless its token comes for the first time: many never come again, and what is kept has to be collected one day. `bytes`: how large the token is. */
  offer(key: string, verdict: Verdict, bytes: number): void
  delete(key: string): void
  /** Whether a verdict that was looked up would do. */
  note(outcome: 'hit' | 'miss'): void
  health(): StoreHealth
}

const room = { max: 50_000, maxSize: 64 * 1024 * 1024 }
/** Key, bookkeeping, and what is made of the claims; and what those take when they are parsed, measured against the token. */
const entryBytes = 1024
const parsedFactor = 2

export function createJwtStore<Verdict extends object>(): JwtStore<Verdict> {
  const validator = randomUUID()
  const tally = createTally('jwt')
  const start = lazily(() => ({ doorkeeper: createDoorkeeper(), verdicts: new LRUCache<string, Verdict>(room) }))

  return {
    keyOf: (token) => (token.includes('.') ? hash('sha256', validator + token, 'latin1') : undefined),
    get: (key) => start().verdicts.get(key),
    offer: (key, verdict, bytes) => {
      const { doorkeeper, verdicts } = start()
      if (doorkeeper.hasSeen(key)) {
        verdicts.set(key, verdict, { size: entryBytes + bytes * parsedFactor })
      }
    },
    delete: (key) => void start().verdicts.delete(key),
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
    keyOf: () => undefined,
    get: () => undefined,
    offer: () => undefined,
    delete: () => undefined,
    note: () => undefined,
    health: () => ({ ...counts(), entries: 0, bytes: 0 }),
  }
}
