import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { certificate } from '../harness/certificates.ts'
import type { Call, Calls } from './calls.ts'

const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
const long = 'x'.repeat(100_000)

/** The requests of each connection. */
const requests = new WeakMap<Socket, number>()

/** What a server does with a request for each path, and the outcome of the call. */
const responses: Readonly<Record<string, readonly [RequestListener, outcome: string]>> = {
  '/good': [(_request, response) => response.end('good'), '200 good'],
  '/redirect': [(_request, response) => response.writeHead(302, { location: '/good' }).end(), '302'],
  '/no-response': [() => undefined, 'timeout'],
  '/drip': [(_request, response) => drip(() => response.write('x'), response), 'timeout'],
  '/endless': [(_request, response) => drip(() => response.write(long), response), 'too-large'],
  '/long-headers': [(_request, response) => response.setHeader('x', long).end(), 'too-large'],
  '/truncated': [
    (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x')
      setTimeout(() => response.socket?.destroy(), 50)
    },
    'truncated',
  ],
  // The first request of a connection succeeds. Its second request ends the connection, as an idle time-out does.
  '/stale': [
    (request, response) => (isFirst(request.socket) ? response.end('good') : request.socket.destroy()),
    '200 good',
  ],
  '/headers': [
    ({ headers }, response) => response.end(`${headers['user-agent']} ${headers['accept-encoding']}`),
    '200 tollgate identity',
  ],
}

function isFirst(socket: Socket): boolean {
  const count = (requests.get(socket) ?? 0) + 1
  requests.set(socket, count)
  return count === 1
}

function drip(write: () => void, response: { on: (event: 'close', listener: () => void) => unknown }): void {
  const timer = setInterval(write, 20)
  response.on('close', () => clearInterval(timer))
}

export interface Servers {
  readonly calls: Calls
  readonly outcomes: Readonly<Record<string, string>>
  /** The connections that are open now. */
  readonly connections: () => number
}

/** Starts servers with all faults, until the test ends. */
export async function openServers(deadline: number): Promise<Servers> {
  const open = new Set<Socket>()
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const [, coding = '', body = ''] = /^\/(gzip|deflate|br|zstd)\/(.*)/.exec(request.url ?? '') ?? []
    if (coding in compress) {
      const text = body === 'bomb' ? long : body
      response.setHeader('content-encoding', coding).end(compress[coding as keyof typeof compress](text))
    } else {
      responses[request.url ?? '']?.[0](request, response)
    }
  })
  server.on('connection', (socket: Socket) => open.add(socket.on('close', () => open.delete(socket))))
  const here = await portOf(server)
  const [own, clientOwn] = [await certificate('server'), await certificate('client')]
  const tls = await portOf(
    createTlsServer({ ...own, requestCert: true, rejectUnauthorized: false }, ({ socket }, response) =>
      response.end((socket as TLSSocket).getPeerCertificate().subject.CN),
    ),
  )
  const noHttp = await portOf(
    createNetServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end('hello\r\n\r\n'))),
  )
  const ending = await portOf(createNetServer((socket) => socket.on('error', () => undefined).destroy()))
  const silent = await portOf(createNetServer(() => undefined))

  const rows: Record<string, readonly [url: string, outcome: string, connection?: Call['connection']]> = {
    'a host that ends the connection': [`http://127.0.0.1:${ending}/`, 'network'],
    'a host that does not respond': [`http://127.0.0.1:${silent}/`, 'timeout'],
    'a host that is not HTTP': [`http://127.0.0.1:${noHttp}/`, 'not-http'],
    'a closed port': ['http://127.0.0.1:1/', 'network'],
    'a name without an address': ['http://nothing.invalid/', 'network'],
    'a name of this host': [`http://localhost:${here}/good`, '200 good'],
    'a name of this host, with public addresses only': [`http://localhost:${here}/good`, 'insecure-endpoint', 'public'],
    'a certificate of an unknown CA': [`https://127.0.0.1:${tls}/`, 'network'],
    'a certificate of the given CA, with a client certificate': [
      `https://127.0.0.1:${tls}/`,
      '200 client',
      'certificate',
    ],
    'a certificate of another name': [`https://localhost:${tls}/`, 'network', 'certificate'],
  }
  for (const [path, [, outcome]] of Object.entries(responses)) {
    rows[path] = [`http://127.0.0.1:${here}${path}`, outcome]
  }
  for (const coding of Object.keys(compress)) {
    rows[coding] = [`http://127.0.0.1:${here}/${coding}/good`, '200 good']
    rows[`${coding} bomb`] = [`http://127.0.0.1:${here}/${coding}/bomb`, 'too-large']
  }
  rows['/stale again'] = [`http://127.0.0.1:${here}/stale`, '200 good']

  const entries = Object.entries(rows)
  return {
    calls: {
      calls: Object.fromEntries(entries.map(([name, [url, , connection = 'default']]) => [name, { url, connection }])),
      certificate: { ...clientOwn, ca: own.cert },
      deadline,
    },
    outcomes: Object.fromEntries(entries.map(([name, [, outcome]]) => [name, outcome])),
    connections: () => open.size,
  }
}

async function portOf(server: Server | ReturnType<typeof createNetServer>): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => open.add(socket.on('close', () => open.delete(socket))))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    open.forEach((socket) => socket.destroy())
    server.close()
  })
  return (server.address() as AddressInfo).port
}
