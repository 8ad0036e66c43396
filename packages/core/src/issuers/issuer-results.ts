import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { Issuer } from './issuer.ts'
import type { ObservedRequest } from './observed-request.ts'
import type { ResolvedIssuer } from './resolved-issuers.ts'

/** A call of the `issuer` function that has not ended. */
interface PendingCall {
  readonly request: ObservedRequest
  readonly issuer: Promise<Issuer | undefined>
}

/** The results of an `issuer` function that depend on the `iss` alone, and its pending calls. */
export interface IssuerResults {
  readonly get: (iss: string) => Issuer | undefined
  readonly isStranger: (iss: string) => boolean
  /** Without an issuer, the name becomes that of a stranger. */
  readonly set: (iss: string, resolved: ResolvedIssuer | undefined) => void
  readonly delete: (iss: string) => void
  readonly issuers: () => readonly Issuer[]
  /** The last call for each name. */
  readonly calls: Map<string, PendingCall>
}

const minute = 60_000
/** A new tenant is accepted after 10 s at the latest. A removed tenant is refused after 10 min. */
const knownFor = { ttl: 10 * minute, ttlResolution: 0 }
/** Strangers have an own cache, so that made-up names evict no tenant. */
const strangerBounds = { maxSize: 256 * 1024, ttl: 10_000, ttlResolution: 0 }
/** Bounds the number of strangers to 1,000. With `max`, an LRUCache would allocate that many slots at once. */
const minStrangerSize = 263

/** `maxSize` bounds the issuers, in bytes. */
export function createIssuerResults(maxSize: number, clock: Clock): IssuerResults {
  const perf = { now: clock }
  const known = new LRUCache<string, ResolvedIssuer>({ ...knownFor, maxSize, perf })
  const strangers = new LRUCache<string, true>({
    ...strangerBounds,
    sizeCalculation: (_value, iss) => Math.max(minStrangerSize, 2 * iss.length + 1),
    perf,
  })

  function remove(iss: string): void {
    known.delete(iss)
    strangers.delete(iss)
  }

  return {
    get: (iss) => known.get(iss)?.issuer,
    isStranger: (iss) => strangers.has(iss),
    set: (iss, resolved) => {
      remove(iss)
      if (resolved === undefined) {
        strangers.set(iss, true)
      } else {
        known.set(iss, resolved, { size: resolved.bytes })
      }
    },
    delete: remove,
    issuers: () => Array.from(known.values(), ({ issuer }) => issuer),
    calls: new Map(),
  }
}
