import { setTimeout as sleep } from 'node:timers/promises'
import { createHitCounter } from '../cache/cache-stats.ts'
import type { TokenCache } from '../cache/token-cache.ts'
import type { CacheStats } from '../diagnostics/health.ts'
import { parseJson } from '../lib/json.ts'
import { own } from '../lib/record.ts'
import { callDeadline as deadline, createAttempt, type Operation, reportFailure } from './cache-calls.ts'
import { type IntrospectionResult, parseIntrospectionResponse } from './introspection-response.ts'

/** The introspection results that several processes share through a `TokenCache`. */
export interface SharedCache {
  /** `undefined` when the cache has no well-formed result, or fails. The caller validates the times. */
  readonly get: (key: string) => Promise<IntrospectionResult | undefined>
  /** Returns at once. A failure is reported on the channel `tollgate:cache` and is no error. */
  readonly set: (key: string, result: IntrospectionResult, write: SharedWrite) => void
  /**
   * Elects the process that introspects. Resolves with a lease, with `'taken'` while another process has it, with
   * `'failed'` when the cache fails, or with `undefined` when it has no leases.
   */
  readonly lease: (
    key: string,
    expiresIn: number,
  ) => Promise<{ readonly lease: string } | 'taken' | 'failed' | undefined>
  /** Returns at once. */
  readonly renew: (key: string, lease: string, expiresIn: number) => void
  readonly release: (key: string, lease: string) => void
  /** Rejects when the cache fails, or when a write of this process may still put the result back. */
  readonly delete: (key: string) => Promise<void>
  readonly counts: () => CacheStats
}

/** How a result is written. */
interface SharedWrite {
  /** Milliseconds. */
  readonly expiresIn: number
  /** The lease under which the result was requested. `undefined` for a cache without leases. */
  readonly lease: string | undefined
  /** The lease ended before the write: the result is not in the cache, and a deletion may be the reason. */
  readonly onLost: () => void
}

/** Results in other formats are misses. */
const version = 2
/** A response has at most 64 KiB. Longer values are neither written nor read. */
const maxLength = 128 * 1024
/** Keys with a write that has not ended. Writes that hang count, because they must not fill the memory. */
const maxWrites = 256

export function createSharedCache(cache: TokenCache): SharedCache {
  const { note, counts } = createHitCounter('shared')
  // An eviction of one validator must stop the writes of all validators that share the cache.
  const connection = connections.get(cache) ?? connect(cache)
  connections.set(cache, connection)

  return {
    ...connection,
    get: async (key) => {
      const result = await connection.get(key)
      note(result === undefined ? 'miss' : 'hit')
      return result
    },
    counts,
  }
}

type Connection = Omit<SharedCache, 'counts'>

const connections = new WeakMap<TokenCache, Connection>()

/** The write of one key that is under way. */
interface Write {
  ended: Promise<void>
  /** Writes the newest of the results that came meanwhile. */
  next: (() => Promise<void>) | undefined
  /** A deletion follows the write. */
  isEvicted: boolean
}

function connect(cache: TokenCache): Connection {
  const attempt = createAttempt()
  const writes = new Map<string, Write>()

  /** One write per key at a time, so that the newest result is written last. */
  function set(key: string, { claims, introspectedAt }: IntrospectionResult, how: SharedWrite): void {
    const value = JSON.stringify({ version, key, introspectedAt, response: claims ?? { active: false } })
    const next = async (): Promise<void> => {
      if ((await cache.set(key, value, how.expiresIn, how.lease)) === false) {
        how.onLost()
      }
    }
    const write = writes.get(key)
    if (value.length > maxLength || (write === undefined && writes.size >= maxWrites)) {
      reportFailure('set', value.length > maxLength ? 'too-long' : 'overloaded')
      releaseUnwritten(key, how)
    } else if (write !== undefined) {
      write.next = next
    } else {
      const begun: Write = { ended: Promise.resolve(), next, isEvicted: false }
      writes.set(key, begun)
      begun.ended = writeAll(key, begun)
    }
  }

  /** Otherwise, the other processes would wait for the end of the lease. */
  function releaseUnwritten(key: string, { lease: unwritten }: SharedWrite): void {
    if (unwritten !== undefined) {
      release(key, unwritten)
    }
  }

  function release(key: string, ended: string): void {
    void attempt('release', async () => cache.releaseLease?.(key, ended))
  }

  async function writeAll(key: string, write: Write): Promise<void> {
    while (write.next !== undefined) {
      const { next } = write
      write.next = undefined
      await attemptToItsEnd('set', next)
      if (write.isEvicted) {
        write.isEvicted = false
        await attemptToItsEnd('delete', async () => cache.delete(key))
      }
    }
    writes.delete(key)
  }

  /** Resolves when the call has ended, after the deadline too. */
  async function attemptToItsEnd(operation: Operation, call: () => Promise<void>): Promise<void> {
    let work: Promise<void> | undefined
    await attempt(operation, () => (work = call()))
    await Promise.allSettled([work])
  }

  async function evict(key: string): Promise<void> {
    const write = writes.get(key)
    if (write !== undefined) {
      write.isEvicted = true
      write.next = undefined
      await Promise.race([write.ended, sleep(deadline)])
    }
    if ((await attempt('delete', async () => cache.delete(key))) === undefined) {
      throw new Error('The shared cache did not delete the introspection result of the token')
    }
    if (write !== undefined && writes.get(key) === write) {
      throw new Error('A write to the shared cache is under way. A deletion follows it: evict the token again later')
    }
  }

  async function lease(key: string, expiresIn: number): ReturnType<SharedCache['lease']> {
    if (cache.acquireLease === undefined) {
      return undefined
    }
    const taken = await attempt('lease', async () => cache.acquireLease?.(key, expiresIn))
    if (taken !== undefined && taken.value === undefined) {
      return 'taken'
    }
    return typeof taken?.value === 'string' ? { lease: taken.value } : 'failed'
  }

  return {
    get: async (key) => parseEntry((await attempt('get', async () => cache.get(key)))?.value, key),
    set,
    lease,
    renew: (key, current, expiresIn) => void attempt('renew', async () => cache.renewLease?.(key, current, expiresIn)),
    release,
    delete: evict,
  }
}

/** An application may have written the entry. It contains its key, so that it is no entry of another token. */
function parseEntry(value: unknown, key: string): IntrospectionResult | undefined {
  if (value !== undefined && typeof value !== 'string') {
    reportFailure('get', 'no-text')
  }
  const entry = typeof value === 'string' && value.length <= maxLength ? parseJson(Buffer.from(value)) : undefined
  const introspectedAt = own(entry, 'introspectedAt')
  const response = parseIntrospectionResponse(own(entry, 'response'))
  const isOurs = own(entry, 'version') === version && own(entry, 'key') === key
  if (!isOurs || 'malformed' in response) {
    return undefined
  }
  return typeof introspectedAt === 'number' ? { ...response, introspectedAt } : undefined
}
