import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { nodeHeaders, NodeRequest } from '@tollgate/core/adapter'

/** What we use of a Koa context, of version 2 and 3 alike. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly method: string
  readonly originalUrl: string
  /** The body is there when a parser has been at work. */
  readonly request: object
  readonly headerSent: boolean
  /** `false` when a middleware means to write the response by itself. */
  respond?: boolean | undefined
  state: object
  status: number
  body: unknown
  set(name: string, value: string): void
  append(name: string, value: string): void
}

export function toHttpRequest({ req, method, originalUrl, request }: KoaContext): HttpRequest {
  return new NodeRequest(method, originalUrl, nodeHeaders(req), 'body' in request ? request.body : undefined)
}
