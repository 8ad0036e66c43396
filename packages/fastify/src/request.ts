import type { IncomingHttpHeaders } from 'node:http'
import type { HttpRequest } from '@tollgate/core'
import type { Readable } from 'node:stream'
import { nodeHeaders, NodeRequest } from '@tollgate/core/adapter'
import { formOf } from './form.ts'
import type { RouteAuth } from './route-auth.ts'

/** What we use of a Fastify request, over HTTP/1.1 and HTTP/2 alike. */
export interface ProtectedRequest {
  readonly raw: Readable & {
    readonly rawHeaders?: readonly string[]
    readonly headers: IncomingHttpHeaders
    /** Not so unless somebody listens for upgrades. */
    readonly upgrade?: unknown
    /** Of HTTP/2. */
    readonly stream?: Pick<Readable, 'resume'>
    readonly socket: { destroySoon(): void }
  }
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly originalUrl: string
  /** It is there once Fastify has parsed it, which is after `onRequest`. */
  readonly body: unknown
  readonly routeOptions: { readonly config: { readonly auth?: RouteAuth } }
  readonly server: object
  auth?: unknown
}

/** What we use of a Fastify reply. */
export interface ProtectedReply {
  readonly sent: boolean
  readonly raw: { once(event: 'finish', listener: () => void): unknown }
  getHeader(name: string): number | string | string[] | undefined
  header(name: string, value: unknown): unknown
  code(status: number): unknown
  send(payload: string): unknown
  /** Calls back when the answer has been sent, or cannot be. */
  then(sent: () => void, failed: (error: Error) => void): void
}

export function toHttpRequest(request: ProtectedRequest): HttpRequest {
  const { raw, headers, method, originalUrl } = request
  const lines = nodeHeaders({ rawHeaders: raw.rawHeaders, headers })
  return new NodeRequest(method, originalUrl, lines, formOf(request))
}
