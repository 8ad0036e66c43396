import { LRUCache } from 'lru-cache'
import { isSecure, parsePlainUrl } from '../http/secure-url.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callApplication } from '../responses/error-response.ts'
import { createIssuer, type Issuer, type IssuerContext } from './issuer.ts'
import { isPossibleIssuer, isTrustedIssuer, settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/**
 * Returns the trusted issuer for the unverified `iss` of a token, or `undefined` for a stranger. An error of the
 * function is a failure (500), and no refusal.
 */
export type ResolveIssuer = (iss: string) => MaybePromise<TrustedIssuer | undefined>

/** The issuers that an `issuer` function returns. Its results are cached, for strangers too. */
export interface IssuerResolver {
  readonly find: (iss: string) => Promise<Issuer | undefined>
  /** The cached issuer. The function is not called. */
  readonly known: (iss: string) => Issuer | undefined
  readonly present: () => readonly Issuer[]
}

const minute = 60_000
/** A new tenant is accepted after 10 s at the latest. A removed tenant is refused after 10 min. */
const bounds = {
  known: { maxSize: 256 * 1024 * 1024, ttl: 10 * minute, ttlResolution: 0 },
  strangers: { max: 1000, maxSize: 256 * 1024, ttl: 10_000, ttlResolution: 0 },
}
/** Bytes of an issuer without its name and its configured keys, so that 20,000 issuers fit. */
const issuerSize = 12 * 1024
const deadline = 5000

/** Strangers have an own cache, so that made-up names evict no tenant. Concurrent requests share one call. */
export function createIssuerResolver(resolve: ResolveIssuer, context: IssuerContext): IssuerResolver {
  const perf = { now: context.clock }
  const known = new LRUCache<string, Issuer>({ ...bounds.known, perf })
  const strangers = new LRUCache<string, true>({
    ...bounds.strangers,
    sizeCalculation: (_value, iss) => 2 * iss.length + 1,
    perf,
  })
  const calls = new Map<string, Promise<Issuer | undefined>>()

  async function call(iss: string): Promise<Issuer | undefined> {
    const result = callApplication(() => resolve(iss))
    const trusted = expectTrusted(await withDeadline(result, AbortSignal.timeout(deadline), timeout), iss)
    if (trusted === undefined) {
      strangers.set(iss, true)
      return undefined
    }
    const issuer = createIssuer(trusted, context, 'resolved')
    const { keys } = settingsOf(trusted)
    const keySet = 'keys' in keys ? keys.keys : keys.seed
    known.set(iss, issuer, { size: issuerSize + 2 * iss.length + (keySet?.bytes ?? 0) })
    return issuer
  }

  async function callOnce(iss: string): Promise<Issuer | undefined> {
    const pending = calls.get(iss) ?? call(iss).finally(() => calls.delete(iss))
    calls.set(iss, pending)
    return pending
  }

  return {
    find: async (iss) => {
      const isStranger = !isResolvable(iss) || strangers.has(iss)
      return isStranger ? undefined : (known.get(iss) ?? callOnce(iss))
    },
    known: (iss) => known.get(iss),
    present: () => [...known.values()],
  }
}

/** The function gets no name on plain `http:`, because most functions pass the name to `trustedIssuer`, which throws. */
function isResolvable(iss: string): boolean {
  const url = parsePlainUrl(iss)
  return isPossibleIssuer(iss) && (url === undefined || isSecure(url))
}

function timeout(): Error {
  return new Error(`The \`issuer\` function returned nothing within ${deadline} ms`)
}

/** An issuer with another name than the `iss` counts as a stranger, so that its keys are never used for this token. */
function expectTrusted(result: unknown, iss: string): TrustedIssuer | undefined {
  if (result === undefined || result === null || result === false) {
    return undefined
  }
  if (!isTrustedIssuer(result)) {
    throw new TypeError('Expected the `issuer` function to return trustedIssuer(iss, options) or undefined')
  }
  return result.url === iss ? result : undefined
}
