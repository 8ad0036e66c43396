import { reportBug } from '../diagnostics/channels.ts'
import { hash } from '../lib/recent-node.ts'
import { startClient } from './client-authentication/client-authentication.ts'
import { createIntrospectionCache, type IntrospectionCaches, isRefreshDue } from './introspection-cache.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { createUpstream, type Upstream, type UpstreamContext } from './introspection-request.ts'
import { introspectElected } from './elected-call.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { CachedResult } from './response-cache.ts'

/** Introspects the tokens of one issuer, and caches the results. It does NOT validate the claims. */
export interface Introspector extends Pick<Upstream, 'ready' | 'health'> {
  /** A result no older than `within` milliseconds (default: any usable result). Rejects with an `UpstreamError`. */
  readonly introspect: (token: string, within?: number) => Promise<IntrospectionResult>
  /** The usable result in this process. It makes no request. */
  readonly cached: (token: string) => IntrospectionResult | undefined
  /** Deletes the result, here and in the shared cache. Rejects when it cannot exclude that the result comes back. */
  readonly evict: (token: string) => Promise<void>
}

/** One call about a token, for every request that needs its result. It goes on when those requests are aborted. */
interface Call {
  readonly result: Promise<IntrospectionResult>
  /** The result is not older than this. */
  readonly earliest: number
  readonly begunAt: number
}

/** Milliseconds. A call of another process that is under way began before, perhaps by as much as a call takes. */
const minWait = 1000
/** Milliseconds between two attempts to refresh a result. */
const refreshInterval = 1000

/** `clockTolerance` is in milliseconds. */
export function createIntrospector(
  settings: IntrospectionSettings,
  context: UpstreamContext & { readonly caches: IntrospectionCaches; readonly clockTolerance: number },
): Introspector {
  const { issuer, audience, caches, clockTolerance } = context
  const { clock } = context.network
  const client = startClient(settings.client)
  const { request, ready, health } = createUpstream(settings, context, client)
  const cache = createIntrospectionCache(caches, settings, { clock, clockTolerance })
  const { url: metadata } = context.metadata
  const place = settings.endpoint === undefined && metadata !== undefined ? [metadata] : []
  const configuration = [issuer, settings.endpoint ?? '', client.identity, settings.response.as, audience, ...place]
  const namespace = JSON.stringify(['tollgate introspection 1', ...configuration])
  const keyOf = (token: string): string => hash('sha256', `${namespace}\n${token}`, 'base64url')
  /** The calls that are under way. An eviction removes the set of its key, so that no call in it caches its result. */
  const callsByKey = new Map<string, Set<Call>>()
  const refreshedAt = new WeakMap<CachedResult, number>()

  async function introspect(token: string, within = Infinity): Promise<IntrospectionResult> {
    const key = keyOf(token)
    const earliest = clock() - within
    const cached = cache.get(key)
    const isHit = cached !== undefined && cached.introspectedAt >= earliest
    caches.responses.note(isHit ? 'hit' : 'miss')
    if (isHit) {
      refreshIfDue(key, token, cached)
      return cached
    }
    return joinOrBegin(key, token, earliest)
  }

  /** A call may find a result in the shared cache that was requested before it began, and that is too old for this request. */
  async function joinOrBegin(key: string, token: string, earliest: number): Promise<IntrospectionResult> {
    // An eviction of another process may have come since the call began.
    const isUsable = (call: Call): boolean => call.begunAt >= earliest && !cache.isEvicted(key, call.begunAt)
    const joined = [...(callsByKey.get(key) ?? [])].find(isUsable)
    if (joined === undefined) {
      return begin(key, token, earliest)
    }
    const result = await joined.result
    const isRecent = joined.earliest >= earliest || result.introspectedAt >= earliest
    return isRecent ? result : joinOrBegin(key, token, earliest)
  }

  async function begin(key: string, token: string, earliest: number): Promise<IntrospectionResult> {
    const calls = callsByKey.get(key) ?? new Set()
    const begunAt = clock()
    const call: Call = { result: load(), earliest: caches.shared === undefined ? begunAt : earliest, begunAt }
    callsByKey.set(key, calls.add(call))
    return call.result

    async function load(): Promise<IntrospectionResult> {
      try {
        const lane = caches.responses.wasActive(key) ? 'known' : 'unknown'
        const isShared = settings.cacheFor > clockTolerance
        const canWait = isShared && clock() - earliest >= clockTolerance + minWait
        const { closing } = caches
        const election = { cache, key, timeout: settings.timeout, earliest, canWait, closing }
        const { result, where } = await introspectElected(election, () => request(token, lane))
        if (callsByKey.get(key) === calls) {
          cache.set(key, result, where)
        } else if (where !== 'here' && where.lease !== undefined) {
          cache.release(key, where.lease)
        }
        return result
      } finally {
        calls.delete(call)
        if (calls.size === 0 && callsByKey.get(key) === calls) {
          callsByKey.delete(key)
        }
      }
    }
  }

  function refreshIfDue(key: string, token: string, cached: CachedResult): void {
    const now = clock()
    const isWaitOver = now - (refreshedAt.get(cached) ?? -Infinity) >= refreshInterval
    if (isWaitOver && !callsByKey.has(key) && isRefreshDue(cached, now)) {
      refreshedAt.set(cached, now)
      begin(key, token, cached.introspectedAt + 1).catch(reportBug)
    }
  }

  async function evict(token: string): Promise<void> {
    const key = keyOf(token)
    callsByKey.delete(key)
    try {
      await cache.delete(key)
    } finally {
      // A call that began meanwhile may have read the shared cache before the deletion.
      callsByKey.delete(key)
    }
  }

  return { introspect, cached: (token) => cache.get(keyOf(token)), evict, ready, health }
}
