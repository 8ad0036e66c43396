import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { invalidToken } from '../refusal.ts'
import { createIssuer, type Issuer, type IssuerPolicy } from './issuer.ts'
import type { ParsedJwt } from './parse-jwt.ts'
import { isPossibleIssuer, isTrustedIssuer, type TrustedIssuer } from './trusted-issuer.ts'

/** Finds the trusted issuer for a token's unverified `iss`, or nothing. What it throws is a failure and no refusal. */
export type ResolveIssuer = (iss: string) => TrustedIssuer | undefined | Promise<TrustedIssuer | undefined>

export interface RouterPolicy extends IssuerPolicy {
  readonly issuers: readonly TrustedIssuer[] | ResolveIssuer
}

/** Finds the issuer at work for a token that is not verified yet. */
export type RouteToIssuer = (jwt: ParsedJwt) => Promise<Issuer>

/**
 * Routes by an exact match on the unverified `iss` (RFC 8725 §3.8): a stranger is refused, and nothing is ever fetched
 * for one.
 */
export function createRouter(policy: RouterPolicy): RouteToIssuer {
  const find = typeof policy.issuers === 'function' ? resolved(policy.issuers, policy) : listed(policy.issuers, policy)

  return async ({ claims: { iss } }) => {
    const issuer = typeof iss === 'string' ? await find(iss) : undefined
    if (issuer === undefined) {
      throw invalidToken('untrusted-issuer')
    }
    return issuer
  }
}

type Find = (iss: string) => Issuer | undefined | Promise<Issuer | undefined>

function listed(issuers: readonly TrustedIssuer[], policy: IssuerPolicy): Find {
  const byUrl = new Map(issuers.map((issuer) => [issuer.url, createIssuer(issuer, policy)]))
  return (iss) => byUrl.get(iss)
}

const minute = 60_000
/** A new tenant is let in after 10 s at the latest; one that was removed is shut out after 10 min. */
const rememberedFor = { known: 10 * minute, unknown: 10_000 }
const mostIssuers = 20_000
const longestLookUp = 5000
/** Made-up names have their own room, so that they push no real issuer out. */
const mostStrangers = { max: 1000, maxSize: 256 * 1024 }

/** Asks the user's function, once for all who wait, and remembers what it says. */
function resolved(resolve: ResolveIssuer, policy: IssuerPolicy): Find {
  const perf = { now: policy.clock }
  const known = new LRUCache<string, Issuer>({ max: mostIssuers, ttl: rememberedFor.known, ttlResolution: 0, perf })
  const strangers = new LRUCache<string, true>({
    ...mostStrangers,
    sizeCalculation: (_value, iss) => iss.length + 1,
    ttl: rememberedFor.unknown,
    ttlResolution: 0,
    perf,
  })
  const flights = new Map<string, Promise<Issuer | undefined>>()

  async function ask(iss: string): Promise<Issuer | undefined> {
    const issuer = expectTrusted(await inTime(resolve(iss)), iss)
    if (issuer === undefined) {
      strangers.set(iss, true)
      return undefined
    }
    const atWork = createIssuer(issuer, policy)
    known.set(iss, atWork)
    return atWork
  }

  function askOnce(iss: string): Promise<Issuer | undefined> {
    const flight = flights.get(iss) ?? ask(iss).finally(() => flights.delete(iss))
    flights.set(iss, flight)
    return flight
  }

  return (iss) => (strangers.has(iss) || !isPossibleIssuer(iss) ? undefined : (known.get(iss) ?? askOnce(iss)))
}

/** A look-up that hangs must not hold requests, nor what is remembered of them, for ever. */
async function inTime<Answer>(answer: Answer | Promise<Answer>): Promise<Answer> {
  const timer = new AbortController()
  const late = sleep(longestLookUp, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`The \`issuer\` function did not answer within ${longestLookUp} ms`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    timer.abort()
  }
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
