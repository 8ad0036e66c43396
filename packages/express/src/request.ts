import type { IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import { createServerRequest, expressTrustsPeer, isSamePath, nodeHeaders } from '@tollgate/core/adapter'

/** The parts of an Express request that Tollgate uses, in versions 4 and 5. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl?: string
  body?: unknown
  /** The settings of the app decide how its router matches paths. */
  app?: unknown
  /** Of express-ws. */
  ws?: unknown
}

export function toHttpRequest(req: ExpressRequest): HttpRequest {
  const { method = 'GET', originalUrl = req.url ?? '/', body, socket } = req
  const headers = nodeHeaders(req)
  return createServerRequest({ method, url: originalUrl, headers, form: body, native: req, socket }, expressTrustsPeer)
}

/**
 * `req.url` is relative to the place where the middleware is mounted. Without an app, for example in `connect`, no
 * setting is known, so that case and slash count.
 */
export function isAt(req: ExpressRequest, path: string): boolean {
  const [pathname = ''] = (req.url ?? '').split('?', 1)
  return isSamePath(pathname, path, {
    case: isEnabled(req.app, 'case sensitive routing') ? 'counts' : 'ignored',
    trailingSlash: isEnabled(req.app, 'strict routing') ? 'counts' : 'ignored',
  })
}

function isEnabled(app: unknown, setting: string): boolean {
  const settings = app as { readonly enabled?: (name: string) => boolean } | undefined
  return settings?.enabled?.(setting) !== false
}
