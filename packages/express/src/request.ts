import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { nodeHeaders } from '@tollgate/core/adapter'

/** The parts of an Express request that Tollgate uses, in versions 4 and 5. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl?: string
  body?: unknown
  auth?: unknown
}

export function toHttpRequest(req: ExpressRequest): HttpRequest {
  const { method = 'GET', originalUrl = req.url ?? '/', body } = req
  return { method, url: originalUrl, headers: nodeHeaders(req), form: body }
}
