/** An HTTP request as the validator sees it. A web `Request` is one as it is; the adapters make one of the framework's request. */
export interface HttpRequest {
  readonly method: string
  /** The path with its query, or an absolute URL. */
  readonly url: string
  /** Every header line, names in any case, repeated ones included: a repeated `Authorization` must not be resolved by picking one. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  /**
   * The parsed form body, for RFC 6750 §2.2; looked at only with `formBody: 'accepted'`. That of a web `Request` is read from a clone, up to 64 KiB.
   */
  readonly form?: unknown
}
