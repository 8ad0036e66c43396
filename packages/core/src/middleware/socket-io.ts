import type { IncomingMessage } from 'node:http'
import { reportBug } from '../diagnostics/channels.ts'
import { cutOffSocketIo, type SocketIoConnection } from '../leases/socket-io-connection.ts'
import { memberOf, own } from '../lib/record.ts'
import { isErrorResponse } from '../responses/error-response.ts'
import { isRefusal } from '../responses/refusal.ts'

/** A socket of Socket.IO before its connection. */
export interface IoSocket extends SocketIoConnection {
  readonly request: IncomingMessage
  readonly handshake: { readonly auth: object }
  readonly data: Record<string, unknown>
  /** It has a socket for each namespace that has accepted the client. */
  readonly client: object
  /** Its namespace. */
  readonly nsp: object
}

/** `io(url, { auth: { token } })` of the client. `undefined` without it. */
export function tokenOfHandshake({ handshake }: IoSocket): unknown {
  return own(handshake.auth, 'token') ?? undefined
}

/** @throws TypeError when Socket.IO would let a client come back without a handshake, and so without a token. */
export function expectHandshakes({ nsp }: IoSocket): void {
  const options = memberOf(memberOf(nsp, 'server'), 'opts')
  if (memberOf(memberOf(options, 'connectionStateRecovery'), 'skipMiddlewares') === true) {
    throw new TypeError(
      'Socket.IO skips the handshake of a client that it recovers, so that the connection would outlive its token: set `connectionStateRecovery: { skipMiddlewares: false }`',
    )
  }
}

/** Socket.IO sends `message` and `data` to the client. An error without details is no refusal. Publishes a failure. */
export function publicError(error: unknown): Error {
  if (!isErrorResponse(error)) {
    reportBug(error)
  }
  const message = isRefusal(error) ? error.message : 'Try again later'
  const status = isErrorResponse(error) ? error.status : 500
  return Object.assign(new Error(message), { data: { status, ...(isRefusal(error) ? error.body : {}) } })
}

/** Socket.IO would leave the connection of a refused client open for 45 s. It can use other namespaces. */
export function cutOffRefused(socket: IoSocket): void {
  cutOffSocketIo(socket, () => {
    const sockets = memberOf(socket.client, 'sockets')
    return sockets instanceof Map && sockets.size > 0
  })
}
