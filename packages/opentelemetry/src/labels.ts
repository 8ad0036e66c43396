import type { Attributes } from '@opentelemetry/api'
import { refusalReasons } from '@tollgate/core'
import type {
  BreakerMessage,
  CacheMessage,
  DocumentMessage,
  FailureMessage,
  FetchMessage,
  MisconfigurationMessage,
  RefusalMessage,
  RevocationMessage,
  RotationMessage,
  SecurityMessage,
  StaleMessage,
  UnavailableMessage,
  VerdictMessage,
} from '@tollgate/core/diagnostics'

/**
 * The attributes of a message, for metrics and spans. A value is a name from the configuration or a fixed word. It is never a URL, the text
 * of an error, or an unlisted reason of a guard, because a token could choose these.
 */
export interface Labels {
  readonly verdict: (message: VerdictMessage) => Attributes
  readonly refusal: (message: RefusalMessage) => Attributes
  readonly unavailable: (message: UnavailableMessage) => Attributes
  readonly failure: (message: FailureMessage) => Attributes
  readonly fetch: (message: Pick<FetchMessage, 'purpose' | 'issuer'> & FetchEnd) => Attributes
  readonly document: (message: DocumentMessage) => Attributes
  readonly stale: (message: StaleMessage) => Attributes
  readonly rotation: (message: RotationMessage) => Attributes
  readonly breaker: (message: BreakerMessage) => Attributes
  readonly cache: (message: CacheMessage) => Attributes
  readonly revocation: (message: RevocationMessage) => Attributes
  readonly event: (message: SecurityMessage | MisconfigurationMessage) => Attributes
}

/** Absent at the start of a fetch. */
interface FetchEnd {
  readonly outcome?: FetchMessage['outcome']
  readonly status?: FetchMessage['status']
}

/** `reasons` may grow later. */
export function createLabels(reasons: ReadonlySet<string>): Labels {
  const ownReasons: ReadonlySet<string> = new Set(refusalReasons)
  const labelOf = (reason: string): string => (ownReasons.has(reason) || reasons.has(reason) ? reason : 'other')

  return {
    ...commonLabels,
    refusal: ({ outcome, refusal }) => ({
      'tollgate.outcome': outcome,
      'tollgate.reason': labelOf(refusal.reason),
      'http.response.status_code': refusal.status,
    }),
  }
}

const commonLabels: Omit<Labels, 'refusal'> = {
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
  revocation: ({ event }) => ({ 'tollgate.event': event }),
  event: ({ event }) => ({ 'tollgate.event': event }),
}
