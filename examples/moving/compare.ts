import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The parts of a response that a check compares. A member that is absent is not compared. */
interface Expected {
  readonly status?: number
  readonly challenge?: string | undefined
  readonly body?: unknown
}

/** A request: the method and the path, with an access token or other headers. */
export interface Call {
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** A name for the message of a failed check. */
  readonly name?: string
}

/** The same API before the move and after it. */
export interface Apis {
  /** Sends the request to both, and expects the same from both. */
  readonly same: (request: string, call: Call, expected: Expected) => Promise<void>
  /** Sends the request to both, and expects these differences. */
  readonly differs: (request: string, call: Call, before: Expected, after: Expected) => Promise<void>
  readonly close: () => void
}

/** The challenges of Tollgate that the pages show. */
export const challenges = {
  absent: 'Bearer realm="api"',
  malformed:
    'Bearer realm="api", error="invalid_request", error_description="The credentials of the request are malformed"',
  notValid: 'Bearer realm="api", error="invalid_token", error_description="The access token is not valid"',
  expired: 'Bearer realm="api", error="invalid_token", error_description="The access token has expired"',
}

type Fetch = (request: string, init: RequestInit) => Promise<Response>

export async function compareServers(before: RequestListener, after: RequestListener): Promise<Apis> {
  const servers = [before, after].map((listener) => createServer(listener).listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [first, second] = servers.map((server): Fetch => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return (path, init) => fetch(`${origin}${path}`, init)
  })
  assert(first && second)
  return compare(first, second, () => servers.forEach((server) => server.close()))
}

/** Compares route functions that take a web `Request`. */
export function compareRoutes(
  before: (request: Request) => Promise<Response>,
  after: (request: Request) => Promise<Response>,
): Apis {
  const [first, second] = [before, after].map(
    (route): Fetch =>
      (path, init) =>
        route(new Request(`https://api.example.com${path}`, init)),
  )
  assert(first && second)
  return compare(first, second, () => undefined)
}

function compare(before: Fetch, after: Fetch, close: () => void): Apis {
  async function differs(request: string, call: Call, first: Expected, second: Expected): Promise<void> {
    await expectResponse(`before: ${request} ${call.name ?? ''}`, await send(before, request, call), first)
    await expectResponse(`after: ${request} ${call.name ?? ''}`, await send(after, request, call), second)
  }
  return { differs, same: (request, call, expected) => differs(request, call, expected, expected), close }
}

function send(to: Fetch, request: string, { token, headers, body }: Call): Promise<Response> {
  const [method = 'GET', path = '/'] = request.split(' ')
  const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return to(path, { method, headers: { ...credentials, ...headers }, ...(body === undefined ? {} : { body }) })
}

async function expectResponse(name: string, response: Response, expected: Expected): Promise<void> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  const received: Record<keyof Expected, unknown> = {
    status: response.status,
    challenge: response.headers.get('www-authenticate') ?? undefined,
    body: isJson ? JSON.parse(text) : text,
  }
  // Every 503 says when to try again.
  assert(response.status !== 503 || response.headers.has('retry-after'), name)
  for (const [member, value] of Object.entries(expected)) {
    assert.deepEqual({ name, [member]: received[member as keyof Expected] }, { name, [member]: value })
  }
}
