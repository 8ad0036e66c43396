import type { IncomingHttpHeaders } from 'node:http'
import type { Guard } from '@tollgate/core'
import type { Readable } from 'node:stream'

/**
 * The demands of a route, in `config: { auth }`: its guards, or one of three words. `true` demands a valid token.
 * `'optional'` accepts a request without credentials. `false` is a public route. The last two apply also in a protected
 * scope.
 */
export type RouteAuth = boolean | 'optional' | Guard | readonly Guard[]

/** The parts of a Fastify request that Tollgate uses, over HTTP/1.1 and HTTP/2. */
export interface ProtectedRequest {
  readonly raw: Readable & {
    readonly rawHeaders?: readonly string[]
    readonly headers: IncomingHttpHeaders
    /** Only when the server has a listener for upgrades. */
    readonly upgrade?: unknown
    /** HTTP/2 only. */
    readonly stream?: Pick<Readable, 'resume'>
    readonly socket: { destroySoon(): void }
  }
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly originalUrl: string
  /** Fastify parses it after `onRequest`. */
  readonly body: unknown
  /** The config has a type of the application. */
  readonly routeOptions: { readonly url?: string | undefined; readonly config: object }
  readonly server: object
}

/**
 * The parts of a Fastify reply that Tollgate uses and that have the same type on every route. The types of `code` and
 * `send` depend on the `Reply` and on the response schema of a route.
 */
export interface ProtectedReply {
  readonly sent: boolean
  readonly raw: { once(event: 'finish', listener: () => void): unknown }
  getHeader(name: string): number | string | string[] | undefined
  header(name: string, value: unknown): unknown
  /** Calls back when the response is sent, or cannot be sent. */
  then(sent: () => void, failed: (error: Error) => void): void
}

/** The parts of a request by which a hook decides what its route needs. A route without a request has them too. */
export type RoutedRequest = Pick<ProtectedRequest, 'server' | 'routeOptions'>
