import { type GraphqlExtensions, graphqlExtensions } from './graphql-extensions.ts'

const unreachable = [
  'network',
  'timeout',
  'upstream-error',
  'backing-off',
  'overloaded',
  'closing',
  'revocations-silent',
  'replay-store',
] as const

/** The cause of an outage as a stable id, for logs and metrics. */
export type UpstreamReason =
  | (typeof unreachable)[number]
  | 'not-found'
  | 'unexpected-status'
  | 'truncated'
  | 'not-http'
  | 'content-encoding'
  | 'not-json'
  | 'too-large'
  | 'malformed-document'
  | 'issuer-mismatch'
  | 'insecure-endpoint'
  | 'no-usable-key'
  | 'unverifiable-response'
  | 'credentials-refused'

/**
 * `ERR_UPSTREAM_UNREACHABLE`: the authorization server gave no response (503). `ERR_INVALID_UPSTREAM_RESPONSE`: its
 * response is unusable (502). `ERR_CREDENTIALS_REFUSED`: it refused our own credentials, which is a mistake in the
 * configuration (500).
 */
export type UnavailableCode = 'ERR_UPSTREAM_UNREACHABLE' | 'ERR_INVALID_UPSTREAM_RESPONSE' | 'ERR_CREDENTIALS_REFUSED'

export interface UpstreamFailure {
  readonly reason: UpstreamReason
  readonly message: string
  readonly cause?: unknown
  /** The name of an issuer that a server stated in place of the expected one. No message contains it. */
  readonly received?: string | undefined
  /** In seconds: the `Retry-After` of the server, or the rest of our back-off. */
  readonly retryAfter?: number | undefined
}

const statusOf: Readonly<Record<UnavailableCode, 500 | 502 | 503>> = {
  ERR_UPSTREAM_UNREACHABLE: 503,
  ERR_INVALID_UPSTREAM_RESPONSE: 502,
  ERR_CREDENTIALS_REFUSED: 500,
}

const brand = Symbol.for('tollgate.Unavailable')

/**
 * The token could not be validated, because the authorization server did not give what the validation needs. The status
 * is never 401, because the client would throw away a good token. 503 has `Retry-After`. There is never a challenge.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly code: UnavailableCode
  readonly reason: UpstreamReason
  /** The issuer of the token, as it is configured. */
  readonly issuer: string
  readonly status: 500 | 502 | 503
  /** The same as `status`. Some frameworks read this name. */
  readonly statusCode: 500 | 502 | 503
  /** A framework must not show the message to the client, because it names the authorization server. */
  readonly expose = false
  /** With `issuer-mismatch`: the name that the metadata states. It is not enumerable, because a server chose it. */
  declare readonly received: string | undefined
  /** In seconds, from 1 to 120. */
  readonly retryAfter: number
  /** The headers of the response. An error handler of the application can replace them. */
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
    Object.defineProperty(this, brand, { value: true })
    Object.defineProperty(this, 'received', { value: failure.received })
  }

  /**
   * For GraphQL: `code`, and `http` with the status and the headers. `GraphQLError` takes them from the error that it
   * wraps, and Apollo Server and Yoga use them for the response. Does NOT hide the message, which names the
   * authorization server: throw a `GraphQLError` with a message of your own and these extensions.
   */
  get extensions(): GraphqlExtensions {
    return graphqlExtensions(this.status, this.headers)
  }

  /** The JSON body of the response. */
  get body(): Readonly<Record<string, string>> {
    return this.status === 503
      ? { error: 'temporarily_unavailable', error_description: 'The access token cannot be validated at the moment' }
      : { error: 'server_error', error_description: 'The access token could not be validated' }
  }
}

/** Whether `error` is an `Unavailable`, of this copy of the library or of another. */
export function isUnavailable(error: unknown): error is Unavailable {
  return typeof error === 'object' && error !== null && Object.hasOwn(error, brand)
}

function codeOf(reason: UpstreamReason): UnavailableCode {
  if (reason === 'credentials-refused') {
    return 'ERR_CREDENTIALS_REFUSED'
  }
  return unreachable.some((one) => one === reason) ? 'ERR_UPSTREAM_UNREACHABLE' : 'ERR_INVALID_UPSTREAM_RESPONSE'
}

/** A failed call to an authorization server. The code that throws it does not know the issuer of the token. */
export class UpstreamError extends Error implements UpstreamFailure {
  override readonly name = 'UpstreamError'
  readonly reason: UpstreamReason
  readonly retryAfter: number | undefined
  declare readonly received: string | undefined

  constructor({ reason, message, cause, retryAfter, received }: UpstreamFailure) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.retryAfter = retryAfter
    Object.defineProperty(this, 'received', { value: received })
  }

  /** The same error with this number of seconds, unless the server itself sent `Retry-After`. */
  withRetryAfter(retryAfter: number): UpstreamError {
    const { reason, message, cause, received } = this
    return this.retryAfter === undefined ? new UpstreamError({ reason, message, cause, retryAfter, received }) : this
  }

  get isUnreachable(): boolean {
    return codeOf(this.reason) === 'ERR_UPSTREAM_UNREACHABLE'
  }
}

/** Does the work for tokens of this issuer: a failed call becomes an `Unavailable` that names it. */
export async function forIssuer<Result>(issuer: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof UpstreamError ? new Unavailable(issuer, error) : error
  }
}
