import type { Health, IssuerHealth } from '../diagnostics/health.ts'
import type { CachedJwt } from '../jwt/jwt-cache.ts'
import { own } from '../lib/record.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isRefusal } from '../responses/refusal.ts'
import type { ValidatedToken } from '../validated-token.ts'
import { createIssuer, type Issuer, type IssuerContext, resolvedLabel } from './issuer.ts'
import { createIssuerResolver, type ResolveIssuer } from './issuer-resolver.ts'
import { createRouteOpaque, type OpaqueRouting } from './opaque-routing.ts'
import type { ParsedToken } from './token-format.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

/** The trusted issuers of one validator. */
export interface IssuerRegistry {
  /** Step 2: the issuers that may know the token. Rejects with a `Refusal` (401) when there are none. */
  readonly route: (parsed: ParsedToken, request: HttpRequest | undefined) => Promise<readonly Issuer[]>
  /** The cached JWT, when its issuer and its key are still trusted. */
  readonly cached: (text: string, now: number, request: HttpRequest | undefined) => ValidatedToken | undefined
  /** The same after step 2, for an issuer that an `issuer` function returned for this request alone. */
  readonly cachedBy: (candidates: readonly Issuer[], text: string, now: number) => ValidatedToken | undefined
  readonly find: (url: string, request: HttpRequest | undefined) => Promise<Issuer | undefined>
  /** Removes the token from all caches. Rejects when the `TokenCache` fails. */
  readonly evict: (parsed: ParsedToken) => Promise<void>
  /** The issuers of the options. Empty when `issuer` is a function. */
  readonly listed: readonly Issuer[]
  readonly health: () => Pick<Health, 'issuers' | 'resolved' | 'status'>
  /** The name of an issuer in diagnostics. */
  readonly labelOf: (url: string) => string
}

/**
 * Routes a JWT by an exact match of its unverified `iss` (RFC 8725 §3.8). Opaque tokens go to the issuers that
 * introspect. A JWT of an untrusted issuer goes to those with `formats: 'opaque'`, or is refused without a fetch.
 */
export function createIssuerRegistry(
  issuers: readonly TrustedIssuer[] | ResolveIssuer,
  opaqueRouting: OpaqueRouting,
  context: IssuerContext,
): IssuerRegistry {
  const { jwtCache } = context
  const listed = typeof issuers === 'function' ? [] : issuers.map((issuer) => createIssuer(issuer, context, 'listed'))
  const byUrl = new Map(listed.map((issuer) => [issuer.url, issuer]))
  const resolver = typeof issuers === 'function' ? createIssuerResolver(issuers, context) : undefined
  const routeOpaque = createRouteOpaque(listed, opaqueRouting)

  const find = async (url: string, request: HttpRequest | undefined): Promise<Issuer | undefined> =>
    resolver === undefined ? byUrl.get(url) : resolver.find(url, request)

  async function route(parsed: ParsedToken, request: HttpRequest | undefined): Promise<readonly Issuer[]> {
    const iss = issOf(parsed)
    const named = iss === undefined ? undefined : (byUrl.get(iss) ?? (await resolver?.find(iss, request)))
    return named === undefined ? routeOpaque(parsed) : [named]
  }

  function recall(entry: CachedJwt | undefined, issuer: Issuer | undefined, now: number): ValidatedToken | undefined {
    if (entry === undefined || issuer?.trusts(entry, now) !== true) {
      return undefined
    }
    jwtCache.note('hit')
    return entry.token
  }

  return {
    route,
    cached: (text, now, request) => {
      const entry = jwtCache.get(text)
      const url = entry?.token.issuer ?? ''
      return recall(entry, resolver === undefined ? byUrl.get(url) : resolver.cached(url, request), now)
    },
    // A listed issuer was looked up in `cached` before.
    cachedBy: ([issuer], text, now) => (resolver === undefined ? undefined : recall(jwtCache.get(text), issuer, now)),
    find,
    evict: async (parsed) => {
      jwtCache.delete(parsed.text)
      await evictFrom(resolver?.cachedByName(issOf(parsed) ?? '') ?? [], parsed)
      // The function may return an issuer that shares its cache with other processes.
      await evictFrom(await route(parsed, undefined).catch(noneIfRefused), parsed)
    },
    listed,
    health: () => healthOf(listed, resolver?.all()),
    labelOf: (url) => (resolver === undefined ? url : resolvedLabel),
  }
}

/** The unverified name of the issuer. */
function issOf(parsed: ParsedToken): string | undefined {
  const iss = parsed.format === 'jwt' ? own(parsed.jwt?.claims, 'iss') : undefined
  return typeof iss === 'string' ? iss : undefined
}

async function evictFrom(issuers: readonly Issuer[], { text }: ParsedToken): Promise<void> {
  await Promise.all(issuers.map((issuer) => issuer.evict(text)))
}

/** A token without a trusted issuer is in no cache. */
function noneIfRefused(error: unknown): readonly Issuer[] {
  if (isRefusal(error)) {
    return []
  }
  throw error
}

function healthOf(
  listed: readonly Issuer[],
  resolved: readonly Issuer[] | undefined,
): Pick<Health, 'issuers' | 'resolved' | 'status'> {
  const issuers = listed.map((issuer) => issuer.health())
  const degraded = (resolved ?? []).filter((issuer) => !isOk(issuer.health())).length
  return {
    status: degraded === 0 && issuers.every(isOk) ? 'ok' : 'degraded',
    issuers,
    resolved: resolved && { count: resolved.length, degraded },
  }
}

function isOk({ keys, metadata, introspection }: IssuerHealth): boolean {
  const documents = [keys, metadata, introspection?.metadata]
  const circuits = Object.values(introspection?.circuits ?? {})
  return (
    documents.every((document) => document === undefined || document.state === 'fresh') &&
    circuits.every(({ state }) => state === 'closed')
  )
}
