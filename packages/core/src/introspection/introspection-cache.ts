import { hash } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { IntrospectionResult } from './introspection-response.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { type CachedResult, freshUntil, type ResponseCache } from './response-cache.ts'
import type { SharedCache } from './shared-cache.ts'

/** The caches of one validator, for the introspectors of all its issuers. */
export interface IntrospectionCaches {
  /** With `'off'`, no result serves a later request. */
  readonly mode: 'memory' | 'off'
  readonly responses: ResponseCache
  readonly shared: SharedCache | undefined
}

/** The results of one issuer: in this process, and in the shared cache if there is one. */
export interface IntrospectionCache extends Pick<ResponseCache, 'wasActive' | 'note'> {
  /** A hash over the issuer configuration and the token. */
  readonly keyOf: (token: string) => string
  readonly isShared: boolean
  /** The result of this process, if it may be used. */
  readonly get: (key: string) => CachedResult | undefined
  /** The result of the shared cache, if it may be used. */
  readonly getShared: (key: string) => Promise<IntrospectionResult | undefined>
  /** A result never replaces a newer one. */
  readonly set: (key: string, result: IntrospectionResult, where: 'here' | 'everywhere') => void
  readonly delete: (key: string) => Promise<void>
}

interface Context {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly clientIdentity: string
  readonly network: { readonly clock: Clock }
  readonly caches: IntrospectionCaches
  readonly clockTolerance: number
}

export function createIntrospectionCache(settings: IntrospectionSettings, context: Context): IntrospectionCache {
  const { issuer, audience, clientIdentity, clockTolerance, network } = context
  const { clock } = network
  const { mode, responses, shared } = context.caches
  const parts = [
    'tollgate introspection 1',
    issuer,
    settings.endpoint ?? '',
    clientIdentity,
    settings.response.as,
    audience,
  ]
  const namespace = JSON.stringify(parts)
  const times = mode === 'off' ? { cacheFor: 0, cacheInactiveFor: 0 } : settings
  const until = (result: IntrospectionResult): number => freshUntil(result, { ...times, clockTolerance })

  /** A clock that was set back makes a result one of the future. It would be used for too long, and newer results would not replace it. */
  function latest(key: string): CachedResult | undefined {
    const result = responses.get(key)
    if (result !== undefined && result.introspectedAt > clock()) {
      responses.delete(key)
      return undefined
    }
    return result
  }

  function get(key: string): CachedResult | undefined {
    const result = latest(key)
    return result !== undefined && clock() < result.freshUntil ? result : undefined
  }

  /** The clock of the process that wrote the result may be ahead of this one by the tolerance, so that the result may be older. */
  async function getShared(key: string): Promise<IntrospectionResult | undefined> {
    const found = await shared?.get(key)
    if (found === undefined) {
      return undefined
    }
    const result = { claims: found.claims, introspectedAt: found.introspectedAt - clockTolerance }
    return result.introspectedAt <= clock() && clock() < until(result) ? result : undefined
  }

  /** A result that may not be used is cached too: it says whether the token was active, and that older results are outdated. */
  function set(key: string, result: IntrospectionResult, where: 'here' | 'everywhere'): void {
    const { claims, introspectedAt } = result
    if ((latest(key)?.introspectedAt ?? -Infinity) > introspectedAt) {
      return
    }
    responses.set(key, { claims, introspectedAt, freshUntil: until(result) })
    const left = until(result) - clock()
    if (where === 'everywhere' && (left > 0 || claims === undefined)) {
      shared?.set(key, result, Math.max(left, 1))
    }
  }

  async function remove(key: string): Promise<void> {
    try {
      await shared?.delete(key)
    } finally {
      responses.delete(key)
    }
  }

  return {
    keyOf: (token) => hash('sha256', `${namespace}\n${token}`, 'base64url'),
    isShared: shared !== undefined,
    wasActive: responses.wasActive,
    note: responses.note,
    get,
    getShared,
    set,
    delete: remove,
  }
}
