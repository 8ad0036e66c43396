import type { AccessToken, RawClaims } from '../access-token.ts'
import { shared } from '../lib/shared-state.ts'
import type { AnyRequest } from '../request/to-http-request.ts'
import { ownerOf } from '../request-token.ts'
import type { Connection } from './connection.ts'

/** The time for which a connection may use the token that opened it. It ends once. */
export interface Lease<Claims = RawClaims> {
  /**
   * The token that counts: the first one, the newest response about it, or that of the last renewal. Reading it ends the
   * lease, if `exp` has passed and the timer is late.
   */
  readonly token: AccessToken<Claims>
  /**
   * Aborts when the lease ends. `reason` is the `Refusal` (`expired`, `revoked`, `inactive`, …), or the `Unavailable` if
   * the guard `active` could not confirm the token in time, or an `AbortError` after `end()` or `validator.close()`.
   */
  readonly signal: AbortSignal
  /**
   * Closes the connection when the lease ends, and ends the lease when the connection closes. Takes a response or
   * another stream of Node, a WebSocket of `ws`, a socket of Socket.IO, or an object with `close(code, reason)`. A peer
   * that does not close within 500 ms is cut off. WebSockets get the code 1008, or 1013 when the token could not be
   * confirmed.
   *
   * @throws TypeError for any other value.
   */
  bind(connection: Connection): this
  /**
   * Validates a fresh token, and goes on with it. Takes the token, or a request of Node or of the web that presents it. The
   * fresh token must have the same issuer, subject, client and `confirmation`, and pass the guards of the connection.
   *
   * @throws Refusal, or Unavailable: the lease then goes on with the old token.
   */
  renew(credentials: string | AnyRequest): Promise<AccessToken<Claims>>
  /** Ends the lease, and closes what is bound to it. Call it when a connection that is not bound has closed. */
  end(): void
}

/** Creates the leases of the tokens of one validator. */
export type CreateLease = (token: AccessToken) => Lease

const creators = shared('leases', () => new WeakMap<object, CreateLease>())

/** `owner` stands for the validator in its tokens. */
export function registerLeases(owner: object, create: CreateLease): void {
  creators.set(owner, create)
}

/**
 * The lease of an authenticated request, for a connection that outlives it: a WebSocket, a stream of events, or a long
 * response. It ends at the `exp` of the token, without the `clockTolerance`, and when this process learns that the token
 * is revoked. With the guard `active({ within })`, the issuer confirms the token twice within this time. An opaque token
 * without `exp` is confirmed each minute, with any guard.
 *
 * It needs one timer. End it, or bind the connection, so that it does not outlive the connection. Does NOT notice that
 * an issuer withdraws a key, nor that an issuer is no longer trusted.
 *
 * @throws TypeError unless a validator created the token.
 */
export function lease<Claims>(token: AccessToken<Claims>): Lease<Claims> {
  const create = creators.get(ownerOf(token))
  if (create === undefined) {
    throw new TypeError('Expected an access token that a validator of this process has validated')
  }
  return create(token as object as AccessToken) as object as Lease<Claims>
}
