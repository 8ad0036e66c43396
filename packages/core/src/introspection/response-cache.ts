import { LRUCache } from 'lru-cache'
import { createHitCounter } from '../cache/cache-stats.ts'
import type { CacheHealth } from '../diagnostics/health.ts'
import type { IntrospectionResult } from './introspection-response.ts'

/** A result in the cache. Times are in milliseconds since the epoch. */
export interface CachedResult extends IntrospectionResult {
  /** Until then the result may be used. Afterwards it says whether the token was active. */
  readonly freshUntil: number
}

/** The introspection results of one validator, in this process. Keys are hashes. The cache is bounded in entries and bytes. */
export interface ResponseCache {
  readonly get: (key: string) => CachedResult | undefined
  readonly set: (key: string, result: CachedResult) => void
  readonly delete: (key: string) => void
  /** Whether the last result said that the token is active. */
  readonly wasActive: (key: string) => boolean
  /** Counts a look-up. */
  readonly note: (outcome: 'hit' | 'miss') => void
  readonly health: () => CacheHealth
}

type Store = LRUCache<string, CachedResult>

/** Inactive tokens have bounds of their own, so that made-up tokens displace no good one. */
const bounds = {
  active: { max: 50_000, maxSize: 64 * 1024 * 1024 },
  inactive: { max: 10_000, maxSize: 8 * 1024 * 1024 },
}
/** The key, the times and the bookkeeping of an entry. */
const entryBytes = 512

export function createResponseCache(): ResponseCache {
  const counter = createHitCounter('opaque')
  // An LRUCache allocates its lists at once, and a validator without opaque tokens needs none.
  let stores: { readonly active: Store; readonly inactive: Store } | undefined
  const open = (): NonNullable<typeof stores> =>
    (stores ??= { active: new LRUCache(bounds.active), inactive: new LRUCache(bounds.inactive) })

  return {
    get: (key) => open().active.get(key) ?? open().inactive.get(key),
    set: (key, result) => {
      const { active, inactive } = open()
      const [store, other] = result.claims === undefined ? [inactive, active] : [active, inactive]
      other.delete(key)
      store.set(key, result, { size: entryBytes + roughBytes(result.claims) })
    },
    delete: (key) => Object.values(open()).forEach((store) => store.delete(key)),
    wasActive: (key) => open().active.has(key),
    note: counter.note,
    health: () => ({
      ...counter.counts(),
      entries: sum(stores, (store) => store.size),
      bytes: sum(stores, (store) => store.calculatedSize),
    }),
  }
}

/** The sizes that decide how long a result may be used, in milliseconds. */
export interface Freshness {
  readonly cacheFor: number
  readonly cacheInactiveFor: number
  readonly clockTolerance: number
}

/** `exp` is validated on every use. After `exp`, an active result says as much as an inactive one, and is used as long. */
export function freshUntil({ claims, introspectedAt }: IntrospectionResult, freshness: Freshness): number {
  const { cacheFor, cacheInactiveFor, clockTolerance } = freshness
  if (claims === undefined) {
    return introspectedAt + cacheInactiveFor
  }
  const expiry = (claims.exp ?? Infinity) * 1000 + clockTolerance
  return Math.min(introspectedAt + cacheFor, Math.max(introspectedAt, expiry) + cacheInactiveFor)
}

/** The memory that a JSON value takes in V8, on the high side: two bytes per character, and objects with a table each. */
function roughBytes(value: unknown): number {
  if (typeof value === 'string') {
    return 32 + 2 * value.length
  }
  if (typeof value !== 'object' || value === null) {
    return 16
  }
  return Object.entries(value).reduce((bytes, [name, member]) => bytes + 96 + 2 * name.length + roughBytes(member), 64)
}

function sum(stores: Readonly<Record<string, Store>> | undefined, size: (store: Store) => number): number {
  return Object.values(stores ?? {}).reduce((total, store) => total + size(store), 0)
}
