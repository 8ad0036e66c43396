import { type Soon, withFailures } from '../soon.ts'

/** What went wrong upstream, as a stable id for logs and metrics. */
export type UpstreamReason =
  | 'network'
  | 'timeout'
  | 'upstream-error'
  | 'backing-off'
  | 'overloaded'
  | 'closing'
  | 'not-found'
  | 'unexpected-status'
  | 'truncated'
  | 'not-http'
  | 'not-json'
  | 'too-large'
  | 'malformed-document'
  | 'issuer-mismatch'
  | 'insecure-endpoint'
  | 'no-usable-key'
  | 'unverifiable-answer'
  | 'credentials-refused'

/**
 * `ERR_UPSTREAM_UNREACHABLE`: it could not be asked (503). `ERR_INVALID_UPSTREAM_RESPONSE`: it answered, but nothing one can
 * use (502). `ERR_CREDENTIALS_REFUSED`: it refused the credentials that we show it, which is a mistake in our configuration (500).
 */
export type UnavailableCode = 'ERR_UPSTREAM_UNREACHABLE' | 'ERR_INVALID_UPSTREAM_RESPONSE' | 'ERR_CREDENTIALS_REFUSED'

export interface UpstreamFailure {
  readonly reason: UpstreamReason
  readonly message: string
  readonly cause?: unknown
  /** Seconds that the upstream, or our back-off, asks to wait. */
  readonly retryAfter?: number | undefined
}

const unreachable: ReadonlySet<UpstreamReason> = new Set([
  'network',
  'timeout',
  'upstream-error',
  'backing-off',
  'overloaded',
  'closing',
])

const statusOf: Readonly<Record<UnavailableCode, 500 | 502 | 503>> = {
  ERR_UPSTREAM_UNREACHABLE: 503,
  ERR_INVALID_UPSTREAM_RESPONSE: 502,
  ERR_CREDENTIALS_REFUSED: 500,
}

/**
 * Nobody judged the token, because what that takes could not be had from the authorization server. This is never a
 * 401: the client would throw a good token away. 503 with `Retry-After` when the server could not be asked,
 * 502 when its answer was unintelligible, 500 when it refused our own credentials; never with a challenge.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly code: UnavailableCode
  readonly reason: UpstreamReason
  /** The issuer whose token could not be judged, as it is configured. */
  readonly issuer: string
  readonly status: 500 | 502 | 503
  /** The same as `status`, under the name that some frameworks look for. */
  readonly statusCode: 500 | 502 | 503
  /** The message names our upstream and is not for the client. */
  readonly expose = false
  /** Seconds after which asking again makes sense; at least 1, at most 120. */
  readonly retryAfter: number
  /** The headers of the answer. Layers of an app that answers errors may put others in their place. */
  headers: Readonly<Record<string, string>>

  constructor(issuer: string, failure: UpstreamFailure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause })
    this.issuer = issuer
    this.reason = failure.reason
    this.code = codeOf(failure.reason)
    this.status = statusOf[this.code]
    this.statusCode = this.status
    this.retryAfter = Math.min(120, Math.max(1, Math.ceil(failure.retryAfter ?? 1)))
    this.headers = {
      ...(this.status === 503 ? { 'Retry-After': String(this.retryAfter) } : {}),
      'Cache-Control': 'no-store',
    }
  }

  /** The small JSON body that goes with the answer. */
  get body(): Readonly<Record<string, string>> {
    return this.status === 503
      ? { error: 'temporarily_unavailable', error_description: 'The access token cannot be judged at the moment' }
      : { error: 'server_error', error_description: 'The access token could not be judged' }
  }
}

function codeOf(reason: UpstreamReason): UnavailableCode {
  if (reason === 'credentials-refused') {
    return 'ERR_CREDENTIALS_REFUSED'
  }
  return unreachable.has(reason) ? 'ERR_UPSTREAM_UNREACHABLE' : 'ERR_INVALID_UPSTREAM_RESPONSE'
}

/** Thrown below the issuers, where nobody knows yet on whose behalf an upstream was asked. */
export class UpstreamError extends Error implements UpstreamFailure {
  override readonly name = 'UpstreamError'
  readonly reason: UpstreamReason
  readonly retryAfter: number | undefined

  constructor({ reason, message, cause, retryAfter }: UpstreamFailure) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.retryAfter = retryAfter
  }

  /** The same, with the seconds after which we ask again, if the upstream itself does not say when. */
  unlessLater(retryAfter: number): UpstreamError {
    const { reason, message, cause } = this
    return this.retryAfter === undefined ? new UpstreamError({ reason, message, cause, retryAfter }) : this
  }

  get isUnreachable(): boolean {
    return unreachable.has(this.reason)
  }
}

/** Those below know that an upstream failed, and not whose token is waiting for it. */
export function onBehalfOf<Result>(issuer: string, work: () => Soon<Result>): Soon<Result> {
  return withFailures(work, (error) => {
    throw named(issuer, error)
  })
}

/** What failed, and for whose tokens. */
export function named(issuer: string, error: unknown): unknown {
  return error instanceof UpstreamError ? new Unavailable(issuer, error) : error
}
