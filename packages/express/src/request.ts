import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { nodeHeaders, NodeRequest } from '@tollgate/core/adapter'

/** What we use of an Express request, of version 4 and 5 alike. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl?: string
  body?: unknown
  auth?: unknown
}

export function toHttpRequest(req: ExpressRequest): HttpRequest {
  return new NodeRequest(req.method ?? 'GET', req.originalUrl ?? req.url ?? '/', nodeHeaders(req), req.body)
}
