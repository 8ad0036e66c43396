import { reportBug } from '../diagnostics/channels.ts'
import type { IntrospectionHealth } from '../diagnostics/health.ts'
import type { Lane } from '../http/bulkhead.ts'
import type { Network } from '../http/network.ts'
import type { KeySource } from '../keys/key-source.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { endpointMember, type IntrospectionClient, startClient } from './client-authentication/client-authentication.ts'
import { createIntrospectionCache, type IntrospectionCaches } from './introspection-cache.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { createIntrospectionRequest } from './introspection-request.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { CachedResult } from './response-cache.ts'
import { createUpstreamLimits } from './upstream-limits.ts'

/** Introspects the tokens of one issuer, and caches the results. It does NOT validate the claims. */
export interface Introspector {
  /** A result no older than `within` milliseconds (default: any cached result that may be used). Rejects with an `UpstreamError`. */
  readonly introspect: (token: string, within?: number) => Promise<IntrospectionResult>
  /** The cached result of this process, if it may be used. It makes no request. */
  readonly cached: (token: string) => IntrospectionResult | undefined
  /** Deletes the result, here and in the shared cache. Rejects when the shared cache fails, or a write is still under way. */
  readonly evict: (token: string) => Promise<void>
  /** Resolves when the endpoint is known. */
  readonly ready: () => Promise<unknown>
  readonly health: () => IntrospectionHealth
}

export interface IntrospectorContext {
  readonly issuer: string
  readonly audience: readonly string[]
  /** For signed responses. */
  readonly keys: KeySource
  readonly network: Network
  readonly caches: IntrospectionCaches
  /** Milliseconds. */
  readonly clockTolerance: number
}

/** One call about a token, for every request that needs its result. It goes on when those requests are aborted. */
interface Call {
  readonly result: Promise<IntrospectionResult>
  /** The result is not older than this. */
  readonly earliest: number
  /** The token was evicted since the call began, so that its result must not be cached. */
  isEvicted: boolean
}

/** A token that is used in the last fifth of this time is introspected again while the cached result still serves. */
const refreshAfter = 0.8
/** Milliseconds between two attempts to refresh a result. */
const refreshInterval = 1000

export function createIntrospector(settings: IntrospectionSettings, context: IntrospectorContext): Introspector {
  const { clock } = context.network
  const client = startClient(settings.client)
  const { request, ready, health } = createUpstream(settings, context, client)
  const cache = createIntrospectionCache(settings, { ...context, clientIdentity: client.identity })
  const calls = new Map<string, Set<Call>>()
  const refreshedAt = new WeakMap<CachedResult, number>()

  async function introspect(token: string, within = Infinity): Promise<IntrospectionResult> {
    const key = cache.keyOf(token)
    const earliest = clock() - within
    const cached = cache.get(key)
    const isHit = cached !== undefined && cached.introspectedAt >= earliest
    cache.note(isHit ? 'hit' : 'miss')
    if (isHit) {
      refreshIfDue(key, token, cached)
      return cached
    }
    const joined = [...(calls.get(key) ?? [])].find((call) => call.earliest >= earliest)
    return (joined ?? begin(key, token, earliest)).result
  }

  function begin(key: string, token: string, earliest: number): Call {
    const result = load().finally(() => end(key, call))
    const call: Call = { result, earliest: cache.isShared ? earliest : clock(), isEvicted: false }
    calls.set(key, (calls.get(key) ?? new Set()).add(call))
    return call

    async function load(): Promise<IntrospectionResult> {
      const lane = cache.wasActive(key) ? 'known' : 'unknown'
      const shared = await cache.getShared(key)
      const isEnough = shared !== undefined && shared.introspectedAt >= earliest
      const loaded = isEnough ? shared : await request(token, lane)
      if (!call.isEvicted) {
        cache.set(key, loaded, isEnough ? 'here' : 'everywhere')
      }
      return loaded
    }
  }

  function end(key: string, call: Call): void {
    const others = calls.get(key)
    others?.delete(call)
    if (others?.size === 0) {
      calls.delete(key)
    }
  }

  function refreshIfDue(key: string, token: string, cached: CachedResult): void {
    const now = clock()
    const isDue = isHot(cached, now) && now - (refreshedAt.get(cached) ?? -Infinity) >= refreshInterval
    if (isDue && !calls.has(key)) {
      refreshedAt.set(cached, now)
      begin(key, token, cached.introspectedAt + 1).result.catch(reportBug)
    }
  }

  function discardCalls(key: string): void {
    calls.get(key)?.forEach((call) => (call.isEvicted = true))
    calls.delete(key)
  }

  async function evict(token: string): Promise<void> {
    const key = cache.keyOf(token)
    discardCalls(key)
    try {
      await cache.delete(key)
    } finally {
      // A call that began meanwhile may have read the shared cache before the deletion.
      discardCalls(key)
    }
  }

  return { introspect, cached: (token) => cache.get(cache.keyOf(token)), evict, ready, health }
}

function isHot({ claims, introspectedAt, freshUntil }: CachedResult, now: number): boolean {
  const isExpired = claims?.exp !== undefined && claims.exp * 1000 <= now
  return claims !== undefined && !isExpired && now >= introspectedAt + refreshAfter * (freshUntil - introspectedAt)
}

interface Upstream extends Pick<Introspector, 'ready' | 'health'> {
  readonly request: (token: string, lane: Lane) => Promise<IntrospectionResult>
}

/** The endpoint, the requests to it, and their limits. */
function createUpstream(
  settings: IntrospectionSettings,
  { issuer, audience, keys, network }: IntrospectorContext,
  client: IntrospectionClient,
): Upstream {
  const { response: format, timeout, parameters, endpoint } = settings
  const { clientId } = settings.client
  const discovered =
    endpoint === undefined ? discoveredEndpoint(issuer, endpointMember(settings.client), network) : undefined
  const findEndpoint = async (): Promise<string> => (await discovered?.current())?.endpoint ?? endpoint ?? ''
  const recipients = clientId === undefined ? audience : [clientId, ...audience]
  const from = { issuer, keys, recipients }
  const send = createIntrospectionRequest({
    client,
    endpoint: findEndpoint,
    format,
    from,
    parameters,
    timeout,
    network,
  })
  const limits = createUpstreamLimits({ clock: network.clock, maxWait: timeout, label: network.label })
  return {
    request: async (token, lane) => limits.run(lane, async () => send(token)),
    ready: findEndpoint,
    health: () => ({ metadata: discovered?.health(), circuits: limits.health() }),
  }
}
