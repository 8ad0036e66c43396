import { types } from 'node:util'
import { memberOf } from '../lib/record.ts'
import { undefinedIfError } from '../lib/undefined-if-error.ts'

/** The other end of a connection: the client itself, or the proxy in front of this server. */
export interface Peer {
  /** The IP address of the socket. `undefined` for a Unix socket, and for a connection that has ended. */
  readonly address: string | undefined
  /**
   * The DER bytes of the client certificate of the TLS connection, read on use. `undefined` without one. The handshake
   * proved that the client has the private key. Does not check the chain and the times of the certificate.
   */
  certificate(): Uint8Array | undefined
}

/**
 * The peer of a socket of Node: TCP, TLS, or the `socket` of an HTTP/2 request. It reads the socket on use only, and
 * never throws. A socket without TLS has no certificate. `undefined` when `socket` is no object.
 */
export function peerOf(socket: unknown): Peer | undefined {
  return typeof socket === 'object' && socket !== null ? new SocketPeer(socket) : undefined
}

/** The peer of a request. `undefined` for a request without one, also when `Object.prototype` has this name. */
export function peerOfRequest(request: { readonly peer?: Peer | undefined }): Peer | undefined {
  return memberOf(request, 'peer') as Peer | undefined
}

/** The socket of an HTTP/2 request throws after the connection has ended. */
export function socketMember(socket: unknown, name: string): unknown {
  return undefinedIfError(() => memberOf(socket, name))
}

class SocketPeer implements Peer {
  readonly #socket: object

  constructor(socket: object) {
    this.#socket = socket
  }

  get address(): string | undefined {
    const address = socketMember(this.#socket, 'remoteAddress')
    return typeof address === 'string' && address !== '' ? address : undefined
  }

  certificate(): Uint8Array | undefined {
    // Not every runtime has the first method.
    return bytesBy(this.#socket, 'getPeerX509Certificate') ?? bytesBy(this.#socket, 'getPeerCertificate')
  }
}

/** Both methods return an object whose `raw` is the DER. Without a certificate it is `undefined`, `null` or empty. */
function bytesBy(socket: object, method: string): Uint8Array | undefined {
  const raw = undefinedIfError(() => {
    const read = memberOf(socket, method)
    return typeof read === 'function' ? memberOf(read.call(socket), 'raw') : undefined
  })
  return types.isUint8Array(raw) && raw.length > 0 ? raw : undefined
}
