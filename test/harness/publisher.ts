import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './api.ts'
import type { Signer } from './signer.ts'
import { type Handler, status } from './upstream.ts'

/** An authorization server that publishes keys, rotates them, and can be down, over a real socket. */
export interface Publisher {
  readonly url: string
  /** Whose keys it publishes, from now on. */
  signers: readonly Signer[]
  /** What it does instead of answering. */
  misbehave: Handler | undefined
  /** How often a path was asked for. */
  readonly count: (path: string) => number
  /** Ends all connections, those too on which somebody waits. */
  readonly cutOff: () => void
  /** Closes its port, and all connections. */
  readonly stop: () => Promise<void>
  /** Opens the same port again. */
  readonly start: () => Promise<void>
}

export interface PublisherOptions {
  readonly signers: readonly Signer[]
  /** Seconds for which its answers are fresh. */
  readonly maxAge: number
  /** The same of its metadata, when they differ. */
  readonly metadataMaxAge?: number
  /** Milliseconds that it takes to send what it was when it was asked. */
  readonly delay?: number
}

export async function openPublisher(options: PublisherOptions): Promise<Publisher> {
  const { signers, maxAge, metadataMaxAge = maxAge, delay = 0 } = options
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const act = publisher.misbehave ?? documentAt(path)
    act(request, response)
  })
  const url = await listen(server)
  const publisher: Publisher = {
    url,
    signers,
    misbehave: undefined,
    count: (path) => asked.filter((candidate) => candidate === path).length,
    cutOff: () => server.closeAllConnections(),
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      publisher.cutOff()
      await closed
    },
    start: async () => void (await once(server.listen(Number(new URL(url).port), '127.0.0.1'), 'listening')),
  }

  function documentAt(path: string): Handler {
    switch (path) {
      case '/.well-known/oauth-authorization-server':
        return revalidated({ issuer: url, jwks_uri: `${url}/jwks` }, metadataMaxAge, delay)
      case '/jwks':
        return revalidated({ keys: publisher.signers.map(({ jwk }) => jwk) }, maxAge, delay)
      default:
        return status(404)
    }
  }

  return publisher
}

/** The document, or 304 to those who have it. */
function revalidated(document: unknown, maxAge: number, delay: number): Handler {
  const body = JSON.stringify(document)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  const headers = { 'content-type': 'application/json', 'cache-control': `max-age=${maxAge}`, etag }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end()
    } else {
      response.writeHead(200, headers).end(body)
    }
  }

  return (request, response) => void sleep(delay).then(() => answer(request, response))
}
