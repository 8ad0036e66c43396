// Fake timers of a test replace the global functions.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Everywhere, IntrospectionCache } from './introspection-cache.ts'
import type { IntrospectionResult } from './introspection-response.ts'

/** One token at one issuer. Times are in milliseconds. */
export interface ElectedCall {
  readonly cache: IntrospectionCache
  readonly key: string
  /** The deadline of a call. */
  readonly timeout: number
  /** The result must have been requested after this time. */
  readonly earliest: number
  /** Whether the result of a call that another process has begun can be recent enough. */
  readonly canWait: boolean
  /** Ends the wait for another process: the validator closes. */
  readonly closing: AbortSignal
}

/** A result, and where to cache it. */
export interface ElectedResult {
  readonly result: IntrospectionResult
  readonly where: 'here' | Everywhere
}

/** Milliseconds between two looks into the shared cache, while another process introspects. */
const [minInterval, maxInterval] = [5, 50]
/** Milliseconds. When the elected process dies, the others wait for so long. It renews its lease while it waits itself. */
const leaseFor = 2000
const renewalInterval = 500
/** Milliseconds. Longer than a lease and a usual call after it, because another process can be elected after one that died. */
const minWait = leaseFor + 1500
const maxWait = 5500

/**
 * Introspects a token once for all processes that share a cache. A short lease elects one process. The others wait for
 * its result, or for the end of its lease. A process introspects by itself when the cache fails, and when no result of
 * a call that began before can be recent enough.
 */
export async function introspectElected(
  { cache, key, timeout, earliest, canWait, closing }: ElectedCall,
  introspect: () => Promise<IntrospectionResult>,
): Promise<ElectedResult> {
  // While the issuer hangs, the elected processes fail one after another. A cache can also lie about leases. Then this
  // process introspects by itself.
  const until = performance.now() + Math.max(minWait, Math.min(timeout, maxWait))
  for (let interval = minInterval; ; interval = Math.min(2 * interval, maxInterval)) {
    const found = await recentEnough()
    if (found !== undefined) {
      return { result: found, where: 'here' }
    }
    const elected = await cache.lease(key, leaseFor)
    if (typeof elected === 'object') {
      return underLease(elected.lease)
    }
    if (elected !== 'taken' || !canWait || closing.aborted || performance.now() >= until) {
      // Without its lease, a result could come back after an eviction. Only a cache without leases gets it.
      return { result: await introspect(), where: elected === undefined ? { lease: undefined } : 'here' }
    }
    await sleep(interval)
  }

  async function recentEnough(): Promise<IntrospectionResult | undefined> {
    const found = await cache.getShared(key)
    return found !== undefined && found.introspectedAt >= earliest ? found : undefined
  }

  async function underLease(lease: string): Promise<ElectedResult> {
    const renewal = setInterval(() => cache.renew(key, lease, leaseFor), renewalInterval).unref()
    try {
      // Another process may have written its result, and ended its lease, since the last look.
      const found = await recentEnough()
      if (found !== undefined) {
        cache.release(key, lease)
        return { result: found, where: 'here' }
      }
      return { result: await introspect(), where: { lease } }
    } catch (error) {
      cache.release(key, lease)
      throw error
    } finally {
      clearInterval(renewal)
    }
  }
}
