import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './api.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** An authorization server that does what the test says, over a real socket. */
export interface Upstream {
  readonly url: string
  /** What it does on each path; may be changed while it runs. Other paths are 404. */
  readonly routes: Record<string, Handler>
  /** The paths that were asked for, in order. */
  readonly asked: string[]
  /** How often a path was asked for. */
  readonly count: (path: string) => number
}

export async function openUpstream(routes: Record<string, Handler> = {}): Promise<Upstream> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const handler = routes[path] ?? status(404)
    handler(request, response)
  })
  const url = await listen(server)
  return { url, routes, asked, count: (path) => asked.filter((candidate) => candidate === path).length }
}

/** An upstream that publishes metadata and these keys, as a healthy issuer does. */
export async function openIssuerUpstream(keys: readonly unknown[]): Promise<Upstream> {
  const upstream = await openUpstream()
  upstream.routes['/.well-known/oauth-authorization-server'] = json({
    issuer: upstream.url,
    jwks_uri: `${upstream.url}/jwks`,
  })
  upstream.routes['/jwks'] = json({ keys })
  return upstream
}

export function json(document: unknown): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  }
}

export function status(code: number, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(code, headers).end()
  }
}
