import type { IntrospectedClaims } from '../access-token.ts'
import type { Clock } from '../lib/clock.ts'
import { own } from '../lib/record.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { Evictions } from '../revocation/validator-revocations.ts'
import type { CachedResult, ResponseCache } from './response-cache.ts'
import type { SharedCache } from './shared-cache.ts'

/** The caches of one validator, for the introspectors of all its issuers. */
export interface IntrospectionCaches {
  /** With `'off'`, no result serves a later request. */
  readonly mode: 'memory' | 'off'
  readonly responses: ResponseCache
  readonly shared: SharedCache | undefined
  readonly evictions: Evictions
  /** Aborts when the validator closes. */
  readonly closing: AbortSignal
}

/** The results of one issuer: in this process, and in the shared cache if there is one. */
export interface IntrospectionCache {
  /** The usable result in this process. */
  readonly get: (key: string) => CachedResult | undefined
  /** The usable result in the shared cache. */
  readonly getShared: (key: string) => Promise<IntrospectionResult | undefined>
  /**
   * A result never replaces a newer one. Unless `where` is `'here'`, it is written to the shared cache too, under the
   * lease of its call. When that lease has ended, an eviction may be the reason. Then the result is not kept here either.
   */
  readonly set: (key: string, result: IntrospectionResult, where: 'here' | Everywhere) => void
  /** Deletes the result everywhere. Rejects when one of the places may still have it. */
  readonly delete: (key: string) => Promise<void>
  /** Whether another process evicted the results that were requested at that time. */
  readonly isEvicted: Evictions['isEvicted']
  readonly lease: SharedCache['lease']
  readonly renew: SharedCache['renew']
  readonly release: SharedCache['release']
}

/** The shared cache, with the lease of the call. `lease` is `undefined` for a cache without leases. */
export interface Everywhere {
  readonly lease: string | undefined
}

export function createIntrospectionCache(
  { mode, responses, shared, evictions }: IntrospectionCaches,
  { cacheFor, cacheInactiveFor }: IntrospectionSettings,
  { clock, clockTolerance }: { readonly clock: Clock; readonly clockTolerance: number },
): IntrospectionCache {
  /** After `exp`, an active result says as much as an inactive one. Step 4 validates `exp` on every use. */
  function freshUntil({ claims, introspectedAt }: IntrospectionResult): number {
    if (mode === 'off') {
      return introspectedAt
    }
    if (claims === undefined) {
      return introspectedAt + cacheInactiveFor
    }
    const expiry = Math.max(introspectedAt, expiryOf(claims) + clockTolerance)
    return Math.min(introspectedAt + cacheFor, expiry + cacheInactiveFor)
  }

  /**
   * Another process may have evicted the result. A clock that was set back makes a result one of the future, which newer
   * results would not replace.
   */
  function latest(key: string): CachedResult | undefined {
    const result = responses.get(key)
    if (result !== undefined && (result.introspectedAt > clock() || evictions.isEvicted(key, result.introspectedAt))) {
      responses.delete(key)
      return undefined
    }
    return result
  }

  function get(key: string): CachedResult | undefined {
    const result = latest(key)
    return result !== undefined && clock() < result.freshUntil ? result : undefined
  }

  /** The clock of the writer may be ahead by the tolerance. Therefore the result may be older than it states. */
  async function getShared(key: string): Promise<IntrospectionResult | undefined> {
    const found = await shared?.get(key)
    // A writer to the cache may have put an old entry back. This process knows a newer result, used or not.
    if (found !== undefined && found.introspectedAt < (latest(key)?.introspectedAt ?? -Infinity)) {
      return undefined
    }
    const result = found && { ...found, introspectedAt: found.introspectedAt - clockTolerance }
    if (result === undefined || result.introspectedAt > clock() || clock() >= freshUntil(result)) {
      return undefined
    }
    return evictions.isEvicted(key, result.introspectedAt) ? undefined : result
  }

  /** An unusable result is cached too, because it says that older results are outdated. */
  function set(key: string, result: IntrospectionResult, where: 'here' | Everywhere): void {
    const { claims, introspectedAt } = result
    if ((latest(key)?.introspectedAt ?? -Infinity) > introspectedAt) {
      releaseUnwritten(key, where)
      return
    }
    const until = freshUntil(result)
    const cached = { claims, introspectedAt, freshUntil: until }
    responses.set(key, cached)
    const left = until - clock()
    if (where !== 'here' && (left > 0 || claims === undefined)) {
      const onLost = (): void => (responses.get(key) === cached ? responses.delete(key) : undefined)
      shared?.set(key, result, { expiresIn: Math.max(left, 1), lease: where.lease, onLost })
    } else {
      releaseUnwritten(key, where)
    }
  }

  /** Otherwise, the other processes would wait for the end of the lease. */
  function releaseUnwritten(key: string, where: 'here' | Everywhere): void {
    if (where !== 'here' && where.lease !== undefined) {
      shared?.release(key, where.lease)
    }
  }

  async function remove(key: string): Promise<void> {
    // The log and the shared cache can fail apart from each other.
    const [deletion, announcement] = await Promise.allSettled([shared?.delete(key), evictions.announceEviction(key)])
    responses.delete(key)
    for (const end of [deletion, announcement]) {
      if (end.status === 'rejected') {
        throw end.reason
      }
    }
  }

  return {
    get,
    getShared,
    set,
    delete: remove,
    isEvicted: evictions.isEvicted,
    lease: async (key, expiresIn) => shared?.lease(key, expiresIn),
    renew: (key, lease, expiresIn) => shared?.renew(key, lease, expiresIn),
    release: (key, lease) => shared?.release(key, lease),
  }
}

/** Whether a result is in the last fifth of its time, and its token has not expired. */
export function isRefreshDue({ claims, introspectedAt, freshUntil }: CachedResult, now: number): boolean {
  const isLastFifth = now >= introspectedAt + 0.8 * (freshUntil - introspectedAt)
  return isLastFifth && claims !== undefined && now < expiryOf(claims)
}

/** In milliseconds since the epoch. */
function expiryOf(claims: IntrospectedClaims): number {
  const exp = own(claims, 'exp')
  return typeof exp === 'number' ? exp * 1000 : Infinity
}
