import { setTimeout as sleep } from 'node:timers/promises'
import { createHitCounter } from '../cache/cache-stats.ts'
import type { TokenCache } from '../cache/token-cache.ts'
import { diagnostics } from '../diagnostics/channels.ts'
import type { CacheStats } from '../diagnostics/health.ts'
import type { CacheMessage } from '../diagnostics/messages.ts'
import { withDeadline } from '../lib/deadline.ts'
import { parseJson } from '../lib/json.ts'
import { own, ownMembers } from '../lib/record.ts'
import { type IntrospectionResult, parseIntrospectionResponse } from './introspection-response.ts'

/** The introspection results that several processes share through a `TokenCache`. */
export interface SharedCache {
  /** `undefined` when the cache has no well-formed result, fails, or takes longer than 250 ms. The caller validates the times. */
  readonly get: (key: string) => Promise<IntrospectionResult | undefined>
  /** Returns at once. A failure is reported on the channel `tollgate:cache` and is no error. */
  readonly set: (key: string, result: IntrospectionResult, expiresIn: number) => void
  /** Rejects when the cache fails, or when a write of this process may still put the result back. */
  readonly delete: (key: string) => Promise<void>
  readonly counts: () => CacheStats
}

/** Results in other formats are misses. */
const version = 2
/** Milliseconds. */
const deadline = 250
/** A response has at most 64 KiB. Longer values are neither written nor read. */
const maxLength = 128 * 1024
/** Keys with a write that has not ended. Writes that hang count, because they must not fill the memory. */
const maxWrites = 256
/** Calls of each operation that have not ended. */
const maxCalls = 1024

export function createSharedCache(cache: TokenCache): SharedCache {
  const counter = createHitCounter('shared')
  const connection = connectionTo(cache)

  return {
    get: async (key) => {
      const value: unknown = await connection.get(key)
      if (value !== undefined && typeof value !== 'string') {
        reportFailure('get', 'no-text')
      }
      const result = typeof value === 'string' && value.length <= maxLength ? parseEntry(value, key) : undefined
      counter.note(result === undefined ? 'miss' : 'hit')
      return result
    },
    set: (key, { claims, introspectedAt }, expiresIn) => {
      const response = claims ?? { active: false }
      connection.set(key, { value: JSON.stringify({ version, key, introspectedAt, response }), expiresIn })
    },
    delete: connection.delete,
    counts: counter.counts,
  }
}

interface Call<Value> {
  /** `undefined` when the call fails, or takes longer than the deadline, or too many others are under way. */
  readonly outcome: Promise<{ readonly value: Value } | undefined>
  /** Resolves when the call has ended, after the deadline too. */
  readonly ended: Promise<void>
}

interface Entry {
  readonly value: string
  readonly expiresIn: number
}

/** The write of one key that is under way. */
interface Write {
  ended: Promise<void>
  /** Written next: the newest of the results that came meanwhile. */
  next: Entry | undefined
  /** A deletion follows the write. */
  isEvicted: boolean
}

interface Connection {
  readonly get: (key: string) => Promise<unknown>
  readonly set: (key: string, entry: Entry) => void
  readonly delete: (key: string) => Promise<void>
}

const connections = new WeakMap<TokenCache, Connection>()

/** Validators of one process that share a cache share its connection, because an eviction of one must stop the writes of all. */
function connectionTo(cache: TokenCache): Connection {
  const connection = connections.get(cache) ?? connect(cache)
  connections.set(cache, connection)
  return connection
}

function connect(cache: TokenCache): Connection {
  const begin = createCalls()
  const writes = new Map<string, Write>()

  /** One write per key at a time, so that the newest result is written last. */
  function set(key: string, entry: Entry): void {
    const write = writes.get(key)
    if (entry.value.length > maxLength) {
      reportFailure('set', 'too-long')
    } else if (write !== undefined) {
      write.next = entry
    } else if (writes.size >= maxWrites) {
      reportFailure('set', 'overloaded')
    } else {
      const begun: Write = { ended: Promise.resolve(), next: entry, isEvicted: false }
      writes.set(key, begun)
      begun.ended = writeAll(key, begun)
    }
  }

  async function writeAll(key: string, write: Write): Promise<void> {
    while (write.next !== undefined) {
      const { value, expiresIn } = write.next
      write.next = undefined
      await begin('set', async () => cache.set(key, value, expiresIn)).ended
      if (write.isEvicted) {
        write.isEvicted = false
        await begin('delete', async () => cache.delete(key)).ended
      }
    }
    writes.delete(key)
  }

  async function evict(key: string): Promise<void> {
    const write = writes.get(key)
    if (write !== undefined) {
      write.isEvicted = true
      write.next = undefined
      await Promise.race([write.ended, sleep(deadline, undefined, { ref: false })])
    }
    if ((await begin('delete', async () => cache.delete(key)).outcome) === undefined) {
      throw new Error('The shared cache did not delete the introspection result of the token')
    }
    if (write !== undefined && writes.get(key) === write) {
      throw new Error(
        'A write to the shared cache is still under way. A deletion follows it: evict the token again later',
      )
    }
  }

  return { get: async (key) => (await begin('get', async () => cache.get(key)).outcome)?.value, set, delete: evict }
}

type Operation = CacheMessage['operation']

function createCalls(): <Value>(operation: Operation, call: () => Promise<Value>) => Call<Value> {
  const underWay = { get: 0, set: 0, delete: 0 }

  return (operation, call) => {
    if (underWay[operation] >= maxCalls) {
      reportFailure(operation, 'overloaded')
      return { outcome: Promise.resolve(undefined), ended: Promise.resolve() }
    }
    underWay[operation] += 1
    const work = call()
    const end = (): void => void (underWay[operation] -= 1)
    return { outcome: outcomeOf(operation, work), ended: work.then(end, end) }
  }
}

/** A cache of the application may throw anything, and may put the value into its error. */
async function outcomeOf<Value>(operation: Operation, work: Promise<Value>): Call<Value>['outcome'] {
  try {
    return { value: await withDeadline(work, AbortSignal.timeout(deadline), tooLate) }
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error
    const code = own(error, 'code')
    reportFailure(operation, typeof code === 'string' ? code : name)
    return undefined
  }
}

function reportFailure(operation: Operation, error: string): void {
  diagnostics.cache.publish({ cache: 'shared', operation, outcome: 'failed', error })
}

function tooLate(): Error {
  return Object.assign(new Error('The cache did not respond in time'), { code: 'too-late' })
}

/** Anyone with access to the cache may have written the entry. It contains its key, so that it is no entry of another token. */
function parseEntry(text: string, key: string): IntrospectionResult | undefined {
  const entry = ownMembers(parseJson(Buffer.from(text)))
  const { introspectedAt } = entry
  const response = parseIntrospectionResponse(entry['response'])
  const isOurs = entry['version'] === version && entry['key'] === key && response !== undefined
  return isOurs && typeof introspectedAt === 'number' ? { ...response, introspectedAt } : undefined
}
