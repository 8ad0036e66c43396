import type { Refusal, RefusalCode } from '../responses/refusal.ts'
import type { Unavailable, UpstreamReason } from '../responses/unavailable.ts'

// What is told on the channels of node:diagnostics_channel. `issuer` is a label for metrics: an issuer as it is configured or, for all
// that an `issuer` function has found, `'resolved'`, because their names have come out of tokens. Errors, URLs and warnings name them.

/** The message on `tollgate:verdict`: a token is good. A guard may refuse its request all the same. */
export interface VerdictMessage {
  readonly outcome: 'accepted'
  readonly issuer: string
  readonly kind: 'jwt' | 'opaque'
}

/** The message on `tollgate:refusal`: a request was refused; `refusal.reason` says why. */
export interface RefusalMessage {
  /** A label for metrics, as in the messages below: it agrees with the status on the wire. */
  readonly outcome: 'no_credentials' | RefusalCode
  readonly refusal: Refusal
}

/** The message on `tollgate:unavailable`: nobody judged the token; `error.reason` and `error.cause` say why. */
export interface UnavailableMessage {
  readonly outcome: 'unreachable_upstream' | 'invalid_upstream_response' | 'misconfigured'
  readonly issuer: string
  readonly error: Unavailable
}

/** The message on `tollgate:failure`: something failed that is neither; `error` is what was thrown, by a guard of yours or by a bug. */
export interface FailureMessage {
  readonly outcome: 'internal_error'
  readonly error: unknown
}

/** The message on `tollgate:fetch`: a request of ours to an authorization server is over, be it without an answer. */
export interface FetchMessage {
  readonly purpose: 'metadata' | 'keys' | 'introspection'
  /** Of a key set that several issuers share: the one on whose behalf it was first asked for. */
  readonly issuer: string
  /** Without its query. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Absent without an answer. */
  readonly status: number | undefined
  /** `answered` says nothing of what the answer was; else why there is none that could be read. */
  readonly outcome: 'answered' | UpstreamReason
  /** How long it took. */
  readonly milliseconds: number
}

/**
 * The message on the tracing channel `tollgate.fetch`, which tells when a request of ours begins and when it is over; `status` and
 * `outcome` are added to it at the end.
 */
export interface FetchTrace extends Pick<FetchMessage, 'purpose' | 'issuer' | 'url' | 'method'> {
  status?: number
  outcome?: FetchMessage['outcome']
}

/**
 * The message on the tracing channel `tollgate.authenticate`, which tells when a judgement begins and when it is over. `outcome` is added
 * at the end: `accepted`, `no_credentials` without an error where credentials are optional, or the label of what was thrown.
 */
export interface AuthenticationTrace {
  /** `authenticate`: from the request to the token, and to what the guards say of it if there are any. `authorize`: guards alone. */
  readonly operation: 'authenticate' | 'authorize'
  outcome?: Outcome
}

/** A label that agrees with the status on the wire. */
export type Outcome =
  | VerdictMessage['outcome']
  | RefusalMessage['outcome']
  | UnavailableMessage['outcome']
  | FailureMessage['outcome']

/** What is fetched and kept: the metadata of an issuer, or its key set. */
export type DocumentKind = 'metadata' | 'keys'

/** The message on `tollgate:document`: an attempt to load a document is over. */
export interface DocumentMessage {
  readonly document: DocumentKind
  readonly issuer: string
  /** `kept`: the one at hand is the current one. `failed`: the one at hand, if any, serves on within its bounds. */
  readonly outcome: 'loaded' | 'kept' | 'failed'
  /** Why it failed; `undefined` otherwise, and for a bug, which `tollgate:failure` tells of. */
  readonly reason: UpstreamReason | undefined
}

/** The message on `tollgate:stale`: a request was served by a document that is no longer fresh, for upstream fails. */
export interface StaleMessage {
  readonly document: DocumentKind
  readonly issuer: string
  /** Milliseconds since it ceased to be fresh; of a `seed`, since it was first needed. */
  readonly staleFor: number
}

/** The message on `tollgate:rotation`: the usable keys of an issuer have changed. */
export interface RotationMessage {
  readonly issuer: string
  /** How many keys are new, and how many are no longer published. */
  readonly added: number
  readonly removed: number
}

/** The message on `tollgate:breaker`: calls to an introspection endpoint are held back (`open`), tried one at a time (`half-open`), or free again (`closed`). */
export interface BreakerMessage {
  readonly issuer: string
  /** Whose calls: those about tokens that were active before, or about tokens that nobody knows. */
  readonly lane: 'known' | 'unknown'
  readonly state: CircuitState
}

export type CircuitState = 'closed' | 'open' | 'half-open'

/** The message on `tollgate:cache`: a verdict was looked up, or the shared cache failed. A request goes on without it; an eviction fails. */
export interface CacheMessage {
  /** Verdicts on JWTs or on opaque tokens, in the memory of this process; or the shared `cache`. */
  readonly cache: 'jwt' | 'opaque' | 'shared'
  readonly operation: 'get' | 'set' | 'delete'
  readonly outcome: 'hit' | 'miss' | 'failed'
  /** The `code` of the error, or its name, for the rest may hold what was to be stored; `too-late` after 250 ms, `no-text` for a value that is none. */
  readonly error: string | undefined
}

/** The message on `tollgate:security`: an issuer published something that it must not, and it was ignored. */
export interface SecurityMessage {
  readonly event: 'private-key-published' | 'symmetric-key-published'
  /** The URL of the key set. */
  readonly keySet: string
}

/** The message on `tollgate:misconfiguration`: something in the set-up makes good tokens fail. Also a warning of the process: `credentials-refused` once a minute at most, `missing-audience` once, for each issuer of a validator. */
export interface MisconfigurationMessage {
  readonly event: 'credentials-refused' | 'missing-audience'
  readonly issuer: string
  /** A sentence that tells the fix. */
  readonly message: string
}

/** The channels of `node:diagnostics_channel`, and what is told on each. */
export interface Channels {
  readonly 'tollgate:verdict': VerdictMessage
  readonly 'tollgate:refusal': RefusalMessage
  readonly 'tollgate:unavailable': UnavailableMessage
  readonly 'tollgate:failure': FailureMessage
  readonly 'tollgate:fetch': FetchMessage
  readonly 'tollgate:document': DocumentMessage
  readonly 'tollgate:stale': StaleMessage
  readonly 'tollgate:rotation': RotationMessage
  readonly 'tollgate:breaker': BreakerMessage
  readonly 'tollgate:cache': CacheMessage
  readonly 'tollgate:security': SecurityMessage
  readonly 'tollgate:misconfiguration': MisconfigurationMessage
}
