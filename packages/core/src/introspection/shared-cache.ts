import { diagnostics } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import { parseJson } from '../lib/json.ts'
import type { CacheMessage } from '../diagnostics/messages.ts'
import { asRecord } from '../lib/record.ts'
import { type CacheStats, createHitCounter } from '../cache/cache-stats.ts'
import type { TokenCache } from '../cache/token-cache.ts'

/** An answer as it comes out of a shared cache: anybody may have written it, so that it is judged like one from the wire. */
interface SharedAnswer {
  readonly document: unknown
  /** Milliseconds since the epoch. */
  readonly askedAt: number
  readonly bytes: number
}

/** Answers in a `TokenCache`. One that fails is one that knows nothing. */
export interface SharedAnswers {
  readonly get: (key: string) => Promise<SharedAnswer | undefined>
  readonly set: (key: string, document: unknown, askedAt: number, expiresIn: number) => void
  /** Rejects when it fails: who deletes has to know. */
  readonly delete: (key: string) => Promise<void>
  /** One that failed is a miss. */
  readonly counts: () => CacheStats
}

/** Values of other versions are not understood. */
const version = 1
const patience = 250
/** Longer values are none of ours: an answer has 64 KiB at most. */
const longest = 256 * 1024

export function createSharedAnswers(cache: TokenCache): SharedAnswers {
  const writing = new Map<string, Promise<unknown>>()
  const tally = createHitCounter('shared')

  /** `undefined` when it fails: a cache of somebody else's may hang, throw, or put what it stores into its errors. */
  async function attempt<Result>(
    operation: CacheMessage['operation'],
    work: () => Promise<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    try {
      return { result: await withDeadline(work(), AbortSignal.timeout(patience), tooLate) }
    } catch (error) {
      const { name, code } = asRecord(error)
      tellOfFailure(operation, String(code ?? name))
      return undefined
    }
  }

  return {
    get: async (key) => {
      const value: unknown = (await attempt('get', async () => cache.get(key)))?.result
      const answer = typeof value === 'string' && value.length <= longest ? read(value, key) : undefined
      if (value !== undefined && typeof value !== 'string') {
        tellOfFailure('get', 'no-text')
      }
      tally.note(answer === undefined ? 'miss' : 'hit')
      return answer
    },
    set: (key, document, askedAt, expiresIn) => {
      const value = JSON.stringify({ version, key, askedAt, document })
      const written = attempt('set', async () => cache.set(key, value, expiresIn)).finally(() => writing.delete(key))
      writing.set(key, written)
    },
    delete: async (key) => {
      // What is being written would come after the deletion.
      await writing.get(key)
      if ((await attempt('delete', async () => cache.delete(key))) === undefined) {
        throw new Error('The shared cache could not delete what it knows of the token')
      }
    },
    counts: tally.counts,
  }
}

function tellOfFailure(operation: CacheMessage['operation'], error: string): void {
  diagnostics.cache.publish({ cache: 'shared', operation, outcome: 'failed', error })
}

function tooLate(): Error {
  return Object.assign(new Error('The cache did not answer in time'), { code: 'too-late' })
}

/** The key is inside as well, so that no value serves under the key of another token. */
function read(value: string, key: string): SharedAnswer | undefined {
  const entry = asRecord(parseJson(Buffer.from(value)))
  const { askedAt, document } = entry
  const isOurs = entry['version'] === version && entry['key'] === key
  return isOurs && typeof askedAt === 'number' ? { document, askedAt, bytes: value.length } : undefined
}
