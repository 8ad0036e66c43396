import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { nodeHeaders } from '@tollgate/core/adapter'

/** The parts of a Koa context that Tollgate uses, in versions 2 and 3. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly method: string
  readonly originalUrl: string
  /** It has a `body` when a parser in front has read it. */
  readonly request: object
  readonly headerSent: boolean
  /** `false` when a middleware writes the response itself. */
  respond?: boolean | undefined
  state: object
  status: number
  body: unknown
  set(name: string, value: string): void
  append(name: string, value: string): void
}

export function toHttpRequest({ req, method, originalUrl, request }: KoaContext): HttpRequest {
  const form: unknown = 'body' in request ? request.body : undefined
  return { method, url: originalUrl, headers: nodeHeaders(req), form }
}
