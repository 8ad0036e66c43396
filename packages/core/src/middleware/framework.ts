import type { HttpRequest } from '../request/http-request.ts'
import type { MetadataResponse } from '../resource/metadata-response.ts'
import type { Authenticate } from './auth-result.ts'

/** The parts of an adapter: how to read a request, and how to build a middleware. */
export interface Framework<Request, Middleware, Claims> {
  /** `native` must be the request of the framework, because guards get it. */
  readonly toHttpRequest: (request: Request) => HttpRequest
  /** Whether a request is for this path, as the router of the framework decides it. */
  readonly isAt: (request: Request, path: string) => boolean
  /** The WebSocket of a request whose upgrade a library has accepted already. A refused one is closed. */
  readonly webSocketOf?: (request: Request) => unknown
  /** Throws a `TypeError` when `protect` is called in a handler. Default: while a request over HTTP/1.1 is handled. */
  readonly expectAtStart?: () => void
  /** Responds to a request for the metadata, and lets every other request through. */
  readonly toMetadata: (respond: (request: Request) => Promise<MetadataResponse> | undefined) => Middleware
  /** `optional` does the same and accepts requests without credentials, for frameworks whose routes can choose. */
  readonly toMiddleware: (
    authenticate: Authenticate<Request, Claims>,
    optional: Authenticate<Request, Claims>,
  ) => Middleware
}
