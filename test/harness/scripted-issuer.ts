import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { audience, T0 } from './constants.ts'
import { listen } from './listen.ts'
import { type Handler, json, status } from './responses.ts'

/** A request that the issuer received. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly form: URLSearchParams
}

/**
 * An authorization server over a real socket that publishes, responds and misbehaves as the test says.
 * Use it for tokens, keys and documents that the test makes by hand, for counted requests, and for faults of single paths.
 * Use `@tollgate/mock-issuer` where any good token, or a wrong token of a named kind, is enough.
 * Use scripted hosts where a host cannot be reached.
 */
export interface ScriptedIssuer {
  readonly url: string
  /** The response to each path. A test can change it at any time. The response to other paths is 404. */
  readonly routes: Record<string, Handler>
  /** The keys that `/jwks` publishes. */
  keys: readonly unknown[]
  /** The introspection response to a token. Default: `active()`. */
  introspect: (token: string) => unknown
  /** The introspection response to a token that is good in every respect and has the scope `read`, with these changes. */
  readonly active: (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** All requests, oldest first. */
  readonly requests: readonly ReceivedRequest[]
  /** The paths of all requests, in order. */
  readonly paths: readonly string[]
  /** The number of requests for this path. */
  readonly count: (path: string) => number
  /** Closes the port and all connections. */
  readonly stop: () => Promise<void>
  /** Opens the same port again. */
  readonly start: () => Promise<void>
}

/** Starts an issuer that publishes metadata and these keys, and calls every opaque token active. */
export async function openScriptedIssuer(keys: readonly unknown[] = []): Promise<ScriptedIssuer> {
  const requests: ReceivedRequest[] = []
  // Idle connections stay open, however slow the machine is.
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => receive(request, response, respond))
  const url = await listen(server)
  const active: ScriptedIssuer['active'] = (changes) => ({ ...introspectionResponse(url), ...changes })

  function respond(received: ReceivedRequest, request: IncomingMessage, response: ServerResponse): void {
    requests.push(received)
    const act = issuer.routes[received.url] ?? status(404)
    act(request, response)
  }

  const issuer: ScriptedIssuer = {
    url,
    keys,
    routes: {
      '/.well-known/oauth-authorization-server': json({
        issuer: url,
        jwks_uri: `${url}/jwks`,
        introspection_endpoint: `${url}/introspect`,
      }),
      '/jwks': (request, response) => json({ keys: issuer.keys })(request, response),
      '/introspect': (request, response) => {
        const token = requests.at(-1)?.form.get('token') ?? ''
        json(issuer.introspect(token))(request, response)
      },
    },
    introspect: () => active(),
    active,
    requests,
    get paths() {
      return requests.map((request) => request.url)
    },
    count: (path) => requests.filter((request) => request.url === path).length,
    stop: () => closed(server),
    start: async () => void (await once(server.listen(Number(new URL(url).port), '127.0.0.1'), 'listening')),
  }
  return issuer
}

/** All claims of RFC 9068 §2.2, and the scope that the routes of an API demand, with these changes. */
export function claimsOf(issuer: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    client_id: 'app',
    iat: T0 - 60,
    exp: T0 + 300,
    jti: 'j-1',
    scope: 'read',
    ...changes,
  }
}

function introspectionResponse(issuer: string): Record<string, unknown> {
  const { jti: _jti, ...claims } = claimsOf(issuer)
  return { active: true, token_type: 'Bearer', ...claims }
}

type Respond = (received: ReceivedRequest, request: IncomingMessage, response: ServerResponse) => void

/** Responds when the whole request has arrived. A request that its client breaks off has no effect. */
function receive(request: IncomingMessage, response: ServerResponse, respond: Respond): void {
  const chunks: Buffer[] = []
  const { method = '', url = '', headers } = request
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    respond({ method, url, headers, body, form: new URLSearchParams(body) }, request, response)
  })
}

async function closed(server: Server): Promise<void> {
  const isClosed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await isClosed
}
