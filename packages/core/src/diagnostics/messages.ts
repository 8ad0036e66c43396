import type { RevocationMessage } from './revocation-message.ts'
import type { PassedOverKey } from '../responses/passed-over-key.ts'
import type { Refusal, RefusalCode } from '../responses/refusal.ts'
import type { Unavailable, UpstreamReason } from '../responses/unavailable.ts'

// `issuer` in a message is a label for metrics: the issuer as it is configured, or `'resolved'` for every issuer that
// an `issuer` function returned. Tokens choose the names of resolved issuers. Errors, URLs and warnings contain these
// names.

/** The message on `tollgate:verdict`: a token is valid. A guard may still refuse the request. */
export interface VerdictMessage {
  readonly outcome: 'accepted'
  readonly issuer: string
  readonly kind: 'jwt' | 'opaque'
}

/** The message on `tollgate:refusal`: the validator refused a request. `refusal.reason` gives the cause. */
export interface RefusalMessage {
  /** A label for metrics. It agrees with the status on the wire. */
  readonly outcome: 'no_credentials' | RefusalCode
  readonly refusal: Refusal
  /**
   * Whose token it is, for audits: the `sub` and the client id of a genuine token. Its signature or its introspection
   * response is good. `undefined` for every other token.
   */
  readonly subject: string | undefined
  readonly clientId: string | undefined
}

/** The message on `tollgate:unavailable`: a token could not be validated. `error.reason` is the cause. */
export interface UnavailableMessage {
  /** A label for metrics. It agrees with the status on the wire: 503, 502 or 500. */
  readonly outcome: 'unreachable_upstream' | 'invalid_upstream_response' | 'misconfigured'
  readonly issuer: string
  readonly error: Unavailable
}

/** The message on `tollgate:failure`: a function of the application or of the library threw an unexpected error. */
export interface FailureMessage {
  readonly outcome: 'internal_error'
  /** The thrown value, unchanged. The library does not check what it contains. */
  readonly error: unknown
}

/** The message on `tollgate:fetch`: an outbound request ended, with or without a response. */
export interface FetchMessage {
  readonly purpose: 'metadata' | 'keys' | 'introspection'
  /** If several issuers share a key set: the issuer that first needed it. */
  readonly issuer: string
  /** The URL without its query, because a query may contain a secret. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** `undefined` without a response. */
  readonly status: number | undefined
  /** `'answered'`: a response of any status was read. Otherwise the reason why there is no readable response. */
  readonly outcome: 'answered' | UpstreamReason
  /** The duration of the request, including the response body. */
  readonly milliseconds: number
}

/** The message on the tracing channel `tollgate.fetch`. `status` and `outcome` are present at the end. */
export interface FetchTrace extends Pick<FetchMessage, 'purpose' | 'issuer' | 'url' | 'method'> {
  status?: number
  outcome?: FetchMessage['outcome']
}

/**
 * The message on the tracing channel `tollgate.authenticate`, which reports the start and the end of an authentication.
 * `outcome` is present at the end. It is `'no_credentials'` as well when optional credentials are absent and no error
 * is thrown.
 */
export interface AuthenticationTrace {
  /** `'authenticate'`: the validator validates the token and runs guards. `'authorize'`: it runs guards only. */
  readonly operation: 'authenticate' | 'authorize'
  outcome?: Outcome
}

/** The result of a request, as a label for metrics. It agrees with the status on the wire. */
export type Outcome =
  | VerdictMessage['outcome']
  | RefusalMessage['outcome']
  | UnavailableMessage['outcome']
  | FailureMessage['outcome']

/** A document that the library fetches and caches: the metadata of an issuer, or its key set. */
export type DocumentKind = 'metadata' | 'keys'

/** The message on `tollgate:document`: an attempt to load a document ended. */
export interface DocumentMessage {
  readonly document: DocumentKind
  readonly issuer: string
  /**
   * `'loaded'`: the document is new. `'unchanged'`: the cached document is still current. `'failed'`: a cached document,
   * if there is one, serves until it expires.
   */
  readonly outcome: 'loaded' | 'unchanged' | 'failed'
  /** The cause of `'failed'`. `undefined` for an unexpected error, which `tollgate:failure` reports. */
  readonly reason: UpstreamReason | undefined
  /**
   * The keys of a key set that are not used, and why: at most ten. Empty for metadata, and for a failure. A failure
   * because no key of a set can be used names these keys in the message of its error.
   */
  readonly passedOver: readonly PassedOverKey[]
}

/** The message on `tollgate:stale`: a stale document served a request. */
export interface StaleMessage {
  readonly document: DocumentKind
  readonly issuer: string
  /** Milliseconds since the end of its freshness; for a `seed`, since its first use. */
  readonly staleFor: number
}

/** The message on `tollgate:rotation`: the usable keys of an issuer changed. */
export interface RotationMessage {
  readonly issuer: string
  /** The number of new keys. */
  readonly added: number
  /** The number of keys that the issuer no longer publishes. */
  readonly removed: number
}

/** The message on `tollgate:breaker`: the circuit before an introspection endpoint changed its state. */
export interface BreakerMessage {
  readonly issuer: string
  /** `'known'`: the circuit for tokens that were active before. `'unknown'`: the circuit for all other tokens. */
  readonly lane: 'known' | 'unknown'
  readonly state: CircuitState
}

/** `'closed'`: calls pass. `'open'`: no call passes. `'half-open'`: a few calls pass, to find out. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/**
 * The message on `tollgate:cache`: a cache was looked up, or an operation of the shared cache failed. The request
 * continues without the shared cache. An eviction fails.
 */
export interface CacheMessage {
  /** `'jwt'` and `'opaque'`: the caches in this process. `'shared'`: the `TokenCache` of the option `cache`. */
  readonly cache: 'jwt' | 'opaque' | 'shared'
  readonly operation: 'get' | 'set' | 'delete' | 'lease' | 'renew' | 'release'
  readonly outcome: 'hit' | 'miss' | 'failed'
  /**
   * The `code` of the error, or its name, because its message may contain the stored value. `'too-late'`: no result
   * within 250 ms. `'no-text'`: the stored value is not a string. `'too-long'`: it is too long. `'overloaded'`: too
   * many operations run. `undefined` unless `outcome` is `'failed'`.
   */
  readonly error: string | undefined
}

/** The message on `tollgate:security`: an issuer published a secret key. The library ignores that key. */
export interface SecurityMessage {
  readonly event: 'private-key-published' | 'symmetric-key-published'
  /** The URL of the key set. */
  readonly keySet: string
}

/**
 * The message on `tollgate:misconfiguration`: the configuration is wrong. The library also emits it as a warning of the
 * process. `docs/reasons.md` says what each event means, and how often it is emitted.
 */
export interface MisconfigurationMessage {
  readonly event:
    | 'credentials-refused'
    | 'missing-audience'
    | 'unread-scopes'
    | 'exp-in-milliseconds'
    | 'invalid-issuer'
    | 'short-revocations'
    | 'unknown-origin'
    | 'offline-access'
  readonly issuer: string
  /** A sentence that says how to fix the configuration. */
  readonly message: string
}

/** The channels of `node:diagnostics_channel` that the library publishes to, and their messages. */
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
  readonly 'tollgate:revocation': RevocationMessage
  readonly 'tollgate:security': SecurityMessage
  readonly 'tollgate:misconfiguration': MisconfigurationMessage
}

/** The tracing sub-channels for a start and an end. No message contains a result or an error. */
export interface TracingChannels {
  readonly 'tracing:tollgate.authenticate:start': AuthenticationTrace
  readonly 'tracing:tollgate.authenticate:asyncEnd': AuthenticationTrace
  readonly 'tracing:tollgate.fetch:start': FetchTrace
  readonly 'tracing:tollgate.fetch:asyncEnd': FetchTrace
}
