import type { Attributes } from '@opentelemetry/api'
import {
  type BreakerMessage,
  type CacheMessage,
  type DocumentMessage,
  type FailureMessage,
  type FetchMessage,
  type MisconfigurationMessage,
  type RefusalMessage,
  refusalReasons,
  type RotationMessage,
  type SecurityMessage,
  type StaleMessage,
  type UnavailableMessage,
  type VerdictMessage,
} from '@tollgate/core'

/**
 * The attributes of a message, of metrics and spans alike. Only what is configured, or is one of a few fixed words, gets in: not what the errors in
 * some messages hold besides, no URL, no text, and no reason that a guard made up.
 */
export interface Labels {
  readonly verdict: (message: VerdictMessage) => Attributes
  readonly refusal: (message: RefusalMessage) => Attributes
  readonly unavailable: (message: UnavailableMessage) => Attributes
  readonly failure: (message: FailureMessage) => Attributes
  readonly fetch: (message: Pick<FetchMessage, 'purpose' | 'issuer'> & Ended) => Attributes
  readonly document: (message: DocumentMessage) => Attributes
  readonly stale: (message: StaleMessage) => Attributes
  readonly rotation: (message: RotationMessage) => Attributes
  readonly breaker: (message: BreakerMessage) => Attributes
  readonly cache: (message: CacheMessage) => Attributes
  readonly event: (message: SecurityMessage | MisconfigurationMessage) => Attributes
}

/** What is known of a fetch when it is over. */
interface Ended {
  readonly outcome?: FetchMessage['outcome']
  readonly status?: FetchMessage['status']
}

/** `reasons` are looked at anew every time. */
export function createLabels(reasons: ReadonlySet<string>): Labels {
  const own: ReadonlySet<string> = new Set(refusalReasons)
  const named = (reason: string): string => (own.has(reason) || reasons.has(reason) ? reason : 'other')

  return {
    ...plainLabels,
    refusal: ({ outcome, refusal }) => ({
      'tollgate.outcome': outcome,
      'tollgate.reason': named(refusal.reason),
      'http.response.status_code': refusal.status,
    }),
  }
}

const plainLabels: Omit<Labels, 'refusal'> = {
  verdict: ({ issuer, kind }) => ({ 'tollgate.issuer': issuer, 'tollgate.token.kind': kind }),
  unavailable: ({ outcome, issuer, error }) => ({
    'tollgate.issuer': issuer,
    'tollgate.outcome': outcome,
    'tollgate.reason': error.reason,
    'http.response.status_code': error.status,
  }),
  failure: ({ outcome }) => ({ 'tollgate.outcome': outcome }),
  fetch: ({ purpose, issuer, outcome, status }) => ({
    'tollgate.fetch.purpose': purpose,
    'tollgate.issuer': issuer,
    ...(outcome === undefined ? {} : { 'tollgate.outcome': outcome }),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
  }),
  document: ({ document, issuer, outcome, reason }) => ({
    'tollgate.document.kind': document,
    'tollgate.issuer': issuer,
    'tollgate.outcome': outcome,
    ...(reason === undefined ? {} : { 'tollgate.reason': reason }),
  }),
  stale: ({ document, issuer }) => ({ 'tollgate.document.kind': document, 'tollgate.issuer': issuer }),
  rotation: ({ issuer }) => ({ 'tollgate.issuer': issuer }),
  breaker: ({ issuer, lane, state }) => ({
    'tollgate.issuer': issuer,
    'tollgate.breaker.lane': lane,
    'tollgate.breaker.state': state,
  }),
  cache: ({ cache, operation, outcome }) => ({
    'tollgate.cache.kind': cache,
    'tollgate.cache.operation': operation,
    'tollgate.outcome': outcome,
  }),
  event: ({ event }) => ({ 'tollgate.event': event }),
}
