import type { IncomingMessage } from 'node:http'
import { describe } from '../lib/invalid-option.ts'
import { isRecord, memberOf, own } from '../lib/record.ts'
import type { HttpRequest } from './http-request.ts'
import { nodeHeaders } from './node-headers.ts'
import { createServerRequest } from './server-request.ts'

/** A web `Request`, a request of Node (also of an upgrade), or an object with the same members. */
export type AnyRequest = HttpRequest | IncomingMessage

/**
 * A request of Node, such as that of an upgrade, as an `HttpRequest`. Any other object stays as it is. Express sets
 * `originalUrl` and `body`.
 */
export function toHttpRequest(request: AnyRequest): HttpRequest {
  if (typeof request !== 'object' || request === null) {
    // The message of the engine would contain a token that was passed instead of the request.
    throw new TypeError(
      `Expected a request, got ${describe(request)}; for a token by itself, use validator.validate(token)`,
    )
  }
  if (!isNodeRequest(request)) {
    return request
  }
  const { method = 'GET', url = '/' } = request
  const originalUrl = own(request, 'originalUrl')
  return createServerRequest({
    method,
    url: typeof originalUrl === 'string' ? originalUrl : url,
    headers: nodeHeaders(request),
    form: own(request, 'body'),
    native: request,
    socket: memberOf(request, 'socket'),
  })
}

/** Only a request of Node has `rawHeaders`, over HTTP/1.1 and HTTP/2 alike. Tests may create one without them. */
function isNodeRequest(request: AnyRequest): request is IncomingMessage {
  return 'rawHeaders' in request && isRecord(request.headers) && !(Symbol.iterator in request.headers)
}
