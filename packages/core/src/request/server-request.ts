import { forwardedOrigin } from './forwarded-origin.ts'
import type { HttpRequest } from './http-request.ts'
import { type Peer, peerOf } from './peer.ts'

/** The parts of a request to a server of Node. */
export interface ServerRequestInit<Native> extends Pick<HttpRequest, 'method' | 'url' | 'headers' | 'form'> {
  readonly native: Native
  /** The socket of the request. Default: the request has no `peer`. */
  readonly socket: unknown
}

type TrustsPeer<Native> = (native: Native) => boolean

/**
 * Creates the `HttpRequest` of a server of Node. `peer` and `origin` are computed on use, because few requests need
 * them. `trustsPeer` says whether the framework trusts the peer as a proxy: then `origin` comes from the headers.
 * Default: `origin` is `undefined`.
 */
export function createServerRequest<Native>(
  init: ServerRequestInit<Native>,
  trustsPeer?: TrustsPeer<Native>,
): HttpRequest {
  return new ServerRequest(init, trustsPeer)
}

/** A class, because an accessor in an object literal costs each request a microsecond. */
class ServerRequest<Native> implements HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: HttpRequest['headers']
  readonly form: unknown
  readonly native: Native
  readonly #socket: unknown
  readonly #trustsPeer: TrustsPeer<Native> | undefined

  constructor(
    { method, url, headers, form, native, socket }: ServerRequestInit<Native>,
    trustsPeer: TrustsPeer<Native> | undefined,
  ) {
    this.method = method
    this.url = url
    this.headers = headers
    this.form = form
    this.native = native
    this.#socket = socket
    this.#trustsPeer = trustsPeer
  }

  get peer(): Peer | undefined {
    return peerOf(this.#socket)
  }

  get origin(): string | undefined {
    return this.#trustsPeer?.(this.native) === true ? forwardedOrigin(this.headers, this.#socket) : undefined
  }
}
