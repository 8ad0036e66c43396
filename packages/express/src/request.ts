import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'

/** What we use of an Express request, of version 4 and 5 alike. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl?: string
  body?: unknown
}

export function toHttpRequest(req: ExpressRequest): HttpRequest {
  return {
    method: req.method ?? 'GET',
    url: req.originalUrl ?? req.url ?? '/',
    headers: headerLines(req),
    form: req.body,
  }
}

/** Requests that a test made by hand have no raw lines. */
interface Headers {
  readonly rawHeaders?: readonly string[]
  readonly headers: IncomingHttpHeaders
}

/**
 * Node keeps only the first of several `Authorization` lines in `req.headers`, so a repeated one shows in the raw lines
 * alone. Otherwise `req.headers` counts, for a middleware in front may have set or removed one.
 */
function headerLines({ rawHeaders = [], headers }: Headers): readonly (readonly [string, string])[] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  if (names.filter((name) => name.toLowerCase() === 'authorization').length > 1) {
    return names.map((name, index) => [name, rawHeaders[index * 2 + 1] ?? ''])
  }
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((line) => [name, line] as const))
}
