import type { Health, IssuerHealth } from '../diagnostics/health.ts'
import { own } from '../lib/record.ts'
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
  readonly route: (parsed: ParsedToken) => Promise<readonly Issuer[]>
  /** The cached JWT, when its issuer and its key are still trusted. */
  readonly cached: (text: string, now: number) => ValidatedToken | undefined
  readonly find: (url: string) => Promise<Issuer | undefined>
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

  const known = (url: string): Issuer | undefined => (resolver === undefined ? byUrl.get(url) : resolver.known(url))

  const find = async (url: string): Promise<Issuer | undefined> => known(url) ?? resolver?.find(url)

  async function route(parsed: ParsedToken): Promise<readonly Issuer[]> {
    const iss = parsed.format === 'jwt' ? own(parsed.jwt?.claims, 'iss') : undefined
    const named = typeof iss === 'string' ? (known(iss) ?? (await resolver?.find(iss))) : undefined
    return named === undefined ? routeOpaque(parsed) : [named]
  }

  return {
    route,
    cached: (text, now) => {
      const entry = jwtCache.get(text)
      const issuer = entry && known(entry.token.issuer)
      if (entry === undefined || issuer?.trusts(entry, now) !== true) {
        return undefined
      }
      jwtCache.note('hit')
      return entry.token
    },
    find,
    evict: async (parsed) => {
      jwtCache.delete(parsed.text)
      const all = await route(parsed).catch(noneIfRefused)
      await Promise.all(all.map((issuer) => issuer.evict(parsed.text)))
    },
    listed,
    health: () => healthOf(listed, resolver?.present()),
    labelOf: (url) => (resolver === undefined ? url : resolvedLabel),
  }
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
