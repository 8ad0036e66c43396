import type { HttpRequest } from '@tollgate/core'
import { own, peerOf } from '@tollgate/core/adapter'
import type { Context } from 'hono'
import { parsedFormOf } from './form.ts'

/** The web request of a context. The core reads an unread form from a clone, so that the handler can read it again. */
export function toHttpRequest(c: Context): HttpRequest {
  const { raw } = c.req
  const request = {
    method: raw.method,
    url: raw.url,
    headers: raw.headers,
    form: parsedFormOf(c),
    native: c,
    peer: peerOf(socketOf(c)),
    // In a server of Node, these members create the full request. Most requests do not need it.
    get body() {
      return raw.body
    },
    get bodyUsed() {
      return raw.bodyUsed
    },
    clone: () => raw.clone(),
  }
  return request
}

/** `@hono/node-server` puts the request of Node into the bindings. Other runtimes have bindings of their own. */
function socketOf(c: Context): unknown {
  const incoming = own(c.env, 'incoming')
  return typeof incoming === 'object' && incoming !== null && 'socket' in incoming ? incoming.socket : undefined
}

/**
 * The whole path of the request, as the router got it. Without `strict`, Hono has removed a slash at the end. Case
 * counts, as it does for the routes.
 */
export function isAt(c: Context, expected: string): boolean {
  return c.req.path === expected
}
