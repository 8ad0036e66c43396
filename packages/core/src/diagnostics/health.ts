import type { UpstreamReason } from '../responses/unavailable.ts'
import type { CircuitState } from './messages.ts'

/**
 * The state of everything that a validator needs, at one moment. `validator.health()` returns it and fetches nothing.
 */
export interface Health {
  /**
   * `'ok'`: all metadata and keys are fresh, all circuits are closed, and all revocations are known. `'degraded'`: some
   * request must wait, is served with stale documents or without newer revocations, or gets 503.
   */
  readonly status: 'ok' | 'degraded'
  /** The listed issuers. Empty when `issuer` is a function. */
  readonly issuers: readonly IssuerHealth[]
  /**
   * How many issuers an `issuer` function returned lately, and how many of them have stale or missing documents or an
   * open circuit. `undefined` when the issuers are listed.
   */
  readonly resolved: { readonly count: number; readonly degraded: number } | undefined
  readonly caches: CachesHealth
  readonly revocations: RevocationsHealth
}

/** The state of one issuer. */
export interface IssuerHealth {
  /** The issuer as it is configured. */
  readonly issuer: string
  /** Its key set. `undefined` when no key is needed. */
  readonly keys: DocumentHealth | undefined
  /** The metadata that names its key set. `undefined` when the keys are not discovered. */
  readonly metadata: DocumentHealth | undefined
  /** `undefined` when the issuer has no `introspection`. */
  readonly introspection: IntrospectionHealth | undefined
}

/** The state of a fetched document. */
export interface DocumentHealth {
  /**
   * `'fresh'`: within its freshness. `'stale'`: older, and usable while fetches fail. `'missing'`: no usable document.
   */
  readonly state: 'fresh' | 'stale' | 'missing'
  /** The start of that state; for a `seed`, its first use. `undefined` when there was never a document. */
  readonly since: Date | undefined
  /** The earliest time of the next fetch. The fetch happens on use. `undefined`: at the next request. */
  readonly nextTry: Date | undefined
  /** The reason of the last failure. `undefined` when the last fetch succeeded. */
  readonly lastFailure: UpstreamReason | 'internal-error' | undefined
}

/** The state of introspection for one issuer. */
export interface IntrospectionHealth {
  /** The metadata that names the endpoint. `undefined` when the endpoint is configured. */
  readonly metadata: DocumentHealth | undefined
  /** One circuit for tokens that were active before, and one for all other tokens. */
  readonly circuits: Readonly<Record<'known' | 'unknown', CircuitHealth>>
}

/** The state of a circuit breaker. */
export interface CircuitHealth {
  /** `'closed'`: calls pass. `'open'`: no call passes. `'half-open'`: a few calls pass, to find out. */
  readonly state: CircuitState
  /** The time when the open circuit becomes half-open. `undefined` unless it is open. */
  readonly nextTry: Date | undefined
}

/** The caches of one validator. */
export interface CachesHealth {
  /** Validated JWTs, in this process. */
  readonly jwt: CacheHealth
  /** Introspection responses, in this process. */
  readonly opaque: CacheHealth
  /** Look-ups in the `TokenCache`. `undefined` without one. A failed look-up is a miss. */
  readonly shared: CacheStats | undefined
}

/** The revocations that this process knows. */
export interface RevocationsHealth {
  /**
   * `'current'`: every revocation of the log is known. `'catching-up'`: not yet, after the start. `'silent'`: there is no
   * contact to the log. `'full'`: this process cannot know more revocations.
   */
  readonly state: 'current' | 'catching-up' | 'silent' | 'full'
  /** Revocations, and evictions of the last minutes. About 100 bytes each. */
  readonly entries: number
  /** The last contact to the log. `undefined` before the first one, and without a log. */
  readonly lastContact: Date | undefined
}

/** The look-ups in a cache. */
export interface CacheStats {
  readonly hits: number
  readonly misses: number
  /** Hits divided by look-ups. `undefined` before the first look-up. */
  readonly hitRatio: number | undefined
}

/** The size of an in-process cache, and its look-ups. */
export interface CacheHealth extends CacheStats {
  readonly entries: number
  /** A rough estimate on the high side. */
  readonly bytes: number
}
