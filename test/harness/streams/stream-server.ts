import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AccessToken, lease, type Lease, type Validator } from '@tollgate/core'

/** What the handlers do, for every framework. */
export interface Streams {
  readonly validator: Validator
  /** The lease of each request. */
  readonly onLease: (lease: { readonly signal: AbortSignal }) => void
  /** A body without an end. */
  readonly body: () => Readable
}

/**
 * A server with these routes, for GET and POST:
 *
 * - `/written`: its handler writes the response, and goes on after the end of the lease.
 * - `/piped`: its body is a stream, as the framework sends one.
 * - `/silent`: its handler never responds. `/late`: it responds when the lease has ended. Only frameworks over Node have
 *   them.
 */
export interface StreamServer {
  readonly name: string
  readonly protocol: 'http/1.1' | 'http/2'
  /** Whether the server has the response of Node, which cuts off a client that does not read. */
  readonly cutsOff: boolean
  readonly serve: (streams: Streams) => Promise<Server>
}

function bindLease(streams: Streams, token: AccessToken, response: ServerResponse): Lease {
  const bound = lease(token).bind(response)
  streams.onLease(bound)
  return bound
}

export function bind(streams: Streams, token: AccessToken, response: ServerResponse): ServerResponse {
  bindLease(streams, token, response)
  return response
}

/** The handler does not notice the end. */
export function write({ body }: Streams, response: ServerResponse): void {
  // Koa sets 404 before.
  Object.assign(response, { statusCode: 200 }).setHeader('Content-Type', 'text/event-stream')
  response.flushHeaders()
  const source = body().on('data', (chunk: Buffer) => {
    if (!response.write(chunk)) {
      source.pause()
      response.once('drain', () => source.resume())
    }
  })
  response.on('close', () => setTimeout(() => source.destroy(), 100))
}

/** An error here would be an unhandled rejection. */
export async function respondLate(streams: Streams, token: AccessToken, response: ServerResponse): Promise<void> {
  await once(bindLease(streams, token, response).signal, 'abort')
  await sleep(20)
  response.setHeader('X-Late', 'yes')
  response.writeHead(200)
  response.write('late')
  response.end('later')
  streams.body().destroy()
}
