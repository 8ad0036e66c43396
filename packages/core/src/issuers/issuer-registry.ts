import { LRUCache } from 'lru-cache'
import { callUserFunction } from '../responses/error-response.ts'
import { mostIssuers } from '../http/shared-documents.ts'
import { withDeadline } from '../lib/deadline.ts'
import { type Soon, whenThere } from '../soon.ts'
import { createIssuer, foundLabel, type Issuer, type IssuerPolicy } from './issuer.ts'
import { createOpaqueRouter, type OpaqueRouting } from './opaque-routing.ts'
import type { PresentedToken } from './token-format.ts'
import { isPossibleIssuer, isTrustedIssuer, type TrustedIssuer } from './trusted-issuer.ts'

/** Finds the trusted issuer for a token's unverified `iss`, or nothing. What it throws is a failure and no refusal. */
export type ResolveIssuer = (iss: string) => TrustedIssuer | undefined | Promise<TrustedIssuer | undefined>

export interface RouterPolicy extends IssuerPolicy {
  readonly issuers: readonly TrustedIssuer[] | ResolveIssuer
  readonly opaqueRouting: OpaqueRouting
}

export interface Router {
  /** The issuers who may know a token, to be asked in this order: for a JWT the one that it names, else a refusal. */
  readonly route: (presented: PresentedToken) => Soon<readonly Issuer[]>
  /** The issuer of this name, at work. */
  readonly find: (url: string) => Soon<Issuer | undefined>
  /** Those that are configured; none when a function finds them. */
  readonly listed: readonly Issuer[]
  /** Those that there are at the moment: the ones that are configured, or that the function has found lately. */
  readonly present: () => readonly Issuer[]
  /** What diagnostics call an issuer. */
  readonly labelOf: (url: string) => string
}

/**
 * Routes JWTs by an exact match on the unverified `iss` (RFC 8725 §3.8): a stranger's is refused, and nothing is ever fetched
 * for one. What names no issuer goes to those that introspect.
 */
export function createRouter(policy: RouterPolicy): Router {
  const { issuers } = policy
  const atWork = typeof issuers === 'function' ? [] : issuers.map((issuer) => createIssuer(issuer, policy, 'listed'))
  const tenants = typeof issuers === 'function' ? resolved(issuers, policy) : undefined
  const find = tenants?.find ?? listed(atWork)
  const routeOpaque = createOpaqueRouter(atWork, policy.opaqueRouting)

  function route(presented: PresentedToken): Soon<readonly Issuer[]> {
    const iss = presented.form === 'jwt' ? presented.jwt?.claims['iss'] : undefined
    const named = typeof iss === 'string' ? find(iss) : undefined
    return whenThere(named, (issuer) => (issuer === undefined ? routeOpaque(presented) : [issuer]))
  }

  return {
    route,
    find,
    listed: atWork,
    present: tenants?.present ?? (() => atWork),
    labelOf: (url) => (tenants === undefined ? url : foundLabel),
  }
}

type Find = (iss: string) => Soon<Issuer | undefined>

function listed(issuers: readonly Issuer[]): Find {
  const [only, ...others] = issuers
  if (others.length === 0) {
    return (iss) => (iss === only?.url ? only : undefined)
  }
  const byUrl = new Map(issuers.map((issuer) => [issuer.url, issuer]))
  return (iss) => byUrl.get(iss)
}

const minute = 60_000
/** A new tenant is let in after 10 s at the latest; one that was removed is shut out after 10 min. */
const rememberedFor = {
  known: { max: mostIssuers, ttl: 10 * minute, ttlResolution: 0 },
  unknown: { max: 1000, maxSize: 256 * 1024, ttl: 10_000, ttlResolution: 0 },
}
const longestLookUp = 5000

/** Asks the user's function, once for all who wait, and remembers what it says. Made-up names have their own room, so that they push no real issuer out. */
function resolved(resolve: ResolveIssuer, policy: IssuerPolicy): Pick<Router, 'present'> & { readonly find: Find } {
  const perf = { now: policy.clock }
  const known = new LRUCache<string, Issuer>({ ...rememberedFor.known, perf })
  const strangers = new LRUCache<string, true>({
    ...rememberedFor.unknown,
    sizeCalculation: (_value, iss) => iss.length + 1,
    perf,
  })
  const flights = new Map<string, Promise<Issuer | undefined>>()

  async function ask(iss: string): Promise<Issuer | undefined> {
    const issuer = expectTrusted(
      await withDeadline(
        callUserFunction(() => resolve(iss)),
        AbortSignal.timeout(longestLookUp),
        tooLate,
      ),
      iss,
    )
    if (issuer === undefined) {
      strangers.set(iss, true)
      return undefined
    }
    const atWork = createIssuer(issuer, policy, 'found')
    known.set(iss, atWork)
    return atWork
  }

  function askOnce(iss: string): Promise<Issuer | undefined> {
    const flight = flights.get(iss) ?? ask(iss).finally(() => flights.delete(iss))
    flights.set(iss, flight)
    return flight
  }

  return {
    find: (iss) => (strangers.has(iss) || !isPossibleIssuer(iss) ? undefined : (known.get(iss) ?? askOnce(iss))),
    present: () => [...known.values()],
  }
}

function tooLate(): Error {
  return new Error(`The \`issuer\` function did not answer within ${longestLookUp} ms`)
}

/** An issuer of another name than the token's is as good as none: its keys must not even be looked at. */
function expectTrusted(answer: unknown, iss: string): TrustedIssuer | undefined {
  if (answer === undefined || answer === null || answer === false) {
    return undefined
  }
  if (!isTrustedIssuer(answer)) {
    throw new TypeError('Expected the `issuer` function to return what trustedIssuer(iss, options) makes, or undefined')
  }
  return answer.url === iss ? answer : undefined
}
