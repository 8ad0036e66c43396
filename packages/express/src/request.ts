import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { headerLinesOf } from '@tollgate/core/adapter'

/** What we use of an Express request, of version 4 and 5 alike. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl?: string
  body?: unknown
  auth?: unknown
}

export function toHttpRequest(req: ExpressRequest): HttpRequest {
  return {
    method: req.method ?? 'GET',
    url: req.originalUrl ?? req.url ?? '/',
    headers: headerLinesOf(req),
    form: req.body,
  }
}
