import type { Peer } from './peer.ts'

/**
 * An HTTP request as the validator reads it. A web `Request` has this shape already. The adapters create one from the
 * request of their framework.
 */
export interface HttpRequest {
  readonly method: string
  /** The path with its query, or an absolute URL. */
  readonly url: string
  /** All header lines, with names in any case. Repeated lines stay repeated, because the validator refuses some. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  /**
   * The parsed form body (RFC 6750 §2.2), as a member of the object itself. The validator reads it only with `formBody:
   * 'accepted'`. Default: the validator reads the body of a web `Request` from a clone, up to 64 KiB.
   */
  readonly form?: unknown
  /**
   * The request as the framework knows it, for guards. The validator reads no data of it. If it is or has a request of a
   * server, several validators recognise the same request by it.
   */
  readonly native?: unknown
  /**
   * The origin under which the client called, such as `https://api.example.com`, or several that it may have used. The
   * caller vouches for it: it comes from the configuration, or from a proxy that the framework trusts. It never comes from
   * the `Host` of another sender. In the requests of the adapters it is no enumerable member, so that a copy by
   * `{ ...request }` lacks it.
   */
  readonly origin?: string | readonly string[] | undefined
  /** The other end of the connection. The adapters set it for a server of Node. A copy may lack it, as for `origin`. */
  readonly peer?: Peer | undefined
}
