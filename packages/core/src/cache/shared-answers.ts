import { diagnostics } from '../diagnostics.ts'
import { inTime } from '../in-time.ts'
import { parseJson } from '../json.ts'
import { asRecord } from '../record.ts'
import type { TokenCache } from './token-cache.ts'

/** An answer as it comes out of a shared cache: anybody may have written it, so that it is judged like one from the wire. */
interface SharedAnswer {
  readonly document: unknown
  /** Milliseconds since the epoch. */
  readonly askedAt: number
  readonly bytes: number
}

/** Answers in a `TokenCache`. Nothing here throws: a cache that fails is one that knows nothing. */
export interface SharedAnswers {
  readonly get: (key: string) => Promise<SharedAnswer | undefined>
  readonly set: (key: string, document: unknown, askedAt: number, expiresIn: number) => void
  readonly delete: (key: string) => Promise<void>
}

/** Values of other versions are not understood. */
const version = 1
const patience = 250

export function createSharedAnswers(cache: TokenCache): SharedAnswers {
  async function attempt<Result>(
    operation: 'get' | 'set' | 'delete',
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await inTime(work(), AbortSignal.timeout(patience), () => new Error('The cache did not answer in time'))
    } catch (error) {
      diagnostics.cacheFailure({ operation, error })
      return undefined
    }
  }

  return {
    get: async (key) => {
      const value = await attempt('get', async () => cache.get(key))
      return typeof value === 'string' ? read(value, key) : undefined
    },
    set: (key, document, askedAt, expiresIn) => {
      const value = JSON.stringify({ version, key, askedAt, document })
      void attempt('set', async () => cache.set(key, value, expiresIn))
    },
    delete: async (key) => attempt('delete', async () => cache.delete(key)),
  }
}

/** The key is inside as well, so that no value serves under the key of another token. */
function read(value: string, key: string): SharedAnswer | undefined {
  const entry = asRecord(parseJson(Buffer.from(value)))
  const { askedAt, document } = entry
  const isOurs = entry['version'] === version && entry['key'] === key
  return isOurs && typeof askedAt === 'number' ? { document, askedAt, bytes: value.length } : undefined
}
