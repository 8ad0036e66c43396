import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { createServerRequest, isSamePath, nodeHeaders } from '@tollgate/core/adapter'

/** The parts of a Koa context that Tollgate uses, in versions 2 and 3. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res?: unknown
  /** `proxy` says whether Koa trusts the peer as a proxy. */
  readonly app?: { readonly proxy?: boolean }
  readonly method: string
  readonly originalUrl: string
  /** Relative to the place where koa-mount mounts the app. */
  readonly path: string
  /** It has a `body` when a parser in front has read it. */
  readonly request: object
  readonly headerSent: boolean
  /** Of koa-websocket. */
  readonly websocket?: unknown
  /** `false` when a middleware writes the response itself. */
  respond?: boolean | undefined
  state: object
  status: number
  body: unknown
  set(name: string, value: string): void
  append(name: string, value: string): void
}

export function toHttpRequest(ctx: KoaContext): HttpRequest {
  const { req, method, originalUrl, request } = ctx
  const form: unknown = 'body' in request ? request.body : undefined
  const headers = nodeHeaders(req)
  return createServerRequest({ method, url: originalUrl, headers, form, native: ctx, socket: req.socket }, trustsPeer)
}

function trustsPeer({ app }: KoaContext): boolean {
  return app?.proxy === true
}

/** As `@koa/router` matches by default, because Koa itself has no router. */
export function isAt({ path }: KoaContext, expected: string): boolean {
  return isSamePath(path, expected, { case: 'ignored', trailingSlash: 'ignored' })
}
