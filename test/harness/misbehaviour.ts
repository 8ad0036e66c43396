import { gzipSync } from 'node:zlib'
import type { ResultCode } from './result-code.ts'
import { settle, type TestClock } from './clock.ts'
import { type Handler, status } from './responses.ts'
import { waitFor } from './wait-for.ts'

export interface Misbehaviour {
  readonly act: Handler
  /** The result code of a request that needs the response (ERR-02). */
  readonly outcome: ResultCode
  /** Whether only the deadline of the call ends it. */
  readonly lasts?: true
}

/** The bytes that the connections of `aGigabyte` took before they were closed. */
export const taken = { bytes: 0 }

/** The faults of an authorization server at any endpoint. Some write raw bytes past the HTTP server. */
export const misbehaviours: Readonly<Record<string, Misbehaviour>> = {
  'closes the connection': { outcome: 'E-UP', act: (request) => request.socket.destroy() },
  'resets the connection': { outcome: 'E-UP', act: (request) => request.socket.resetAndDestroy() },
  'hangs before it responds': { outcome: 'E-UP', lasts: true, act: () => undefined },
  'hangs in its headers': hanging('HTTP/1.1 200 OK\r\ncontent-ty'),
  'hangs in its body': hanging('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"active":tr'),
  'drips its headers': drip('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'),
  'drips its body': drip('HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n', ' '),
  'stops in the middle of its body': closing('502', 'HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"active":true}'),
  'stops in the middle of a chunk': closing(
    '502',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"active":true}',
  ),
  'responds with nothing at all': closing('502', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'responds with 204': { outcome: '502', act: status(204) },
  'responds with HTML': text('<!doctype html><title>Log in</title>', 'text/html'),
  'responds with null': text('null'),
  'responds with an array': text('[{"active":true}]'),
  'responds with a string': text('"active"'),
  'responds with half a document': text('{"active":true'),
  'responds with bytes that are not UTF-8': bytes(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  'responds with a thousand brackets': text(`${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  'responds with deeply nested claims': text(`{"active":true,"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
  'responds with a gzip bomb': {
    outcome: '502',
    act: (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  },
  'responds with a gigabyte': { outcome: '502', act: aGigabyte },
  'responds with endless headers': { outcome: '502', act: endlessHeaders },
  'speaks something else than HTTP': closing('502', 'SSH-2.0-OpenSSH_9.9\r\n'),
  'redirects for ever': { outcome: '502', act: status(307, { location: '/introspect' }) },
  'redirects with 302': { outcome: '502', act: status(302, { location: '/canary' }) },
  'responds with 500': { outcome: 'E-UP', act: status(500) },
  'responds with 503': { outcome: 'E-UP', act: status(503, { 'retry-after': '7' }) },
  'responds with 429': { outcome: 'E-UP', act: status(429, { 'retry-after': '7' }) },
  'responds with 404': { outcome: '502', act: status(404) },
  'responds with 400': { outcome: '502', act: status(400) },
  'responds with 418': { outcome: '502', act: status(418) },
  'sends its good response with 201': {
    outcome: '502',
    act: (_request, response) => response.writeHead(201).end('{"active":true}'),
  },
  'sends its good response with 500': {
    outcome: 'E-UP',
    act: (_request, response) => response.writeHead(500).end('{"active":true}'),
  },
}

/** Moves the time past the deadline of a call that lasts, when the endpoint has received it. */
export async function passDeadline(
  { lasts }: Misbehaviour,
  clock: TestClock,
  hasArrived: () => boolean,
): Promise<void> {
  if (lasts === true) {
    await waitFor(hasArrived)
    await settle()
    await clock.advance(maxTimeout)
  }
}

/** Seconds: the default deadline of an introspection call, or more. */
const maxTimeout = 3

/** The faults of an introspection endpoint only. */
export const misbehavioursAtIntrospection: Readonly<Record<string, Misbehaviour>> = {
  'responds with 401': { outcome: '500', act: status(401, { 'www-authenticate': 'Basic' }) },
  'responds with 403': { outcome: '502', act: status(403) },
  'responds with invalid_client': {
    outcome: '500',
    act: (_request, response) => response.writeHead(400).end('{"error":"invalid_client"}'),
  },
  'responds with 403 and invalid_client': {
    outcome: '500',
    act: (_request, response) => response.writeHead(403).end('{"error":"invalid_client"}'),
  },
  'responds with another error': {
    outcome: '502',
    act: (_request, response) => response.writeHead(400).end('{"error":"invalid_request"}'),
  },
  'says active: "true"': text('{"active":"true"}'),
  'says active: 1': text('{"active":1}'),
  'says nothing about active': text('{"sub":"alice"}'),
  'says active twice': text('{"active":false,"active":true}'),
  'says exp: "soon"': text('{"active":true,"exp":"soon"}'),
  'says an infinite exp': text('{"active":true,"exp":1e999}'),
  'says aud: {}': text('{"active":true,"aud":{}}'),
}

const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024, ' '))

function text(body: string, type = 'application/json'): Misbehaviour {
  return { outcome: '502', act: (_request, response) => response.writeHead(200, { 'content-type': type }).end(body) }
}

function bytes(body: Buffer): Misbehaviour {
  return { outcome: '502', act: (_request, response) => response.writeHead(200).end(body) }
}

function hanging(start: string): Misbehaviour {
  return { outcome: 'E-UP', lasts: true, act: ({ socket }) => void socket.write(start) }
}

function closing(outcome: ResultCode, all: string): Misbehaviour {
  return { outcome, act: ({ socket }) => void socket.end(all) }
}

function drip(start: string, drop: string): Misbehaviour {
  const act: Handler = ({ socket }) => {
    socket.write(start)
    const timer = setInterval(() => socket.write(drop), 20)
    socket.on('error', () => undefined).on('close', () => clearInterval(timer))
  }
  return { outcome: 'E-UP', lasts: true, act }
}

function endlessHeaders({ socket }: Parameters<Handler>[0]): void {
  const line = `x-${'a'.repeat(1000)}: b\r\n`
  const send = (): void => {
    while (!socket.destroyed && socket.write(line)) {}
  }
  socket.on('error', () => undefined).on('drain', send)
  socket.write('HTTP/1.1 200 OK\r\n')
  send()
}

function aGigabyte(_request: Parameters<Handler>[0], response: Parameters<Handler>[1]): void {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  let left = 1024 ** 3
  const send = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) {
        return
      }
    }
  }
  response.on('drain', send).on('close', () => {
    taken.bytes += response.socket?.bytesWritten ?? 0
  })
  response.writeHead(200, { 'content-length': 1024 ** 3 })
  response.write('{"active":true,"x":"')
  send()
}
