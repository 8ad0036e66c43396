/** The peer of a connection: over TCP, TLS, HTTP/1.1 and HTTP/2, with and without a certificate of the client. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createPlainServer, type IncomingMessage, request as sendPlain } from 'node:http'
import {
  connect as connectHttp2,
  createSecureServer,
  createServer as createHttp2Server,
  type Http2ServerRequest,
} from 'node:http2'
import { createServer, request as sendRequest } from 'node:https'
import { type AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { type Peer, peerOf } from '@tollgate/core/adapter'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Certificate, certificate } from '../harness/certificates.ts'

interface Seen {
  readonly address: string | undefined
  readonly certificate: Buffer | undefined
}

let server: Certificate
let client: Certificate
let der: Buffer

beforeAll(async () => {
  ;[server, client] = await Promise.all([certificate('127.0.0.1'), certificate('client')])
  der = new X509Certificate(client.cert).raw
})

function seenBy(peer: Peer | undefined): Seen | undefined {
  const bytes = peer?.certificate()
  return peer && { address: peer.address, certificate: bytes && Buffer.from(bytes) }
}

async function listen(listening: Server, ...where: readonly [] | readonly [string]): Promise<number> {
  const [path] = where
  await once(path === undefined ? listening.listen(0, '127.0.0.1') : listening.listen(path), 'listening')
  onTestFinished(() => void listening.close())
  return path === undefined ? (listening.address() as AddressInfo).port : 0
}

const acceptAny = { requestCert: true, rejectUnauthorized: false } as const

describe('over HTTP/1.1', () => {
  async function open(options: object = acceptAny): Promise<{ port: number; peers: Seen[] }> {
    const peers: Seen[] = []
    const listening = createServer({ ...server, ...options }, (request, response) => {
      peers.push(seenBy(peerOf(request.socket)) as Seen)
      response.end()
    })
    const port = await listen(listening)
    onTestFinished(() => listening.closeAllConnections())
    return { port, peers }
  }

  async function send(port: number, options: object = {}): Promise<void> {
    const sending = sendRequest({ host: '127.0.0.1', port, ca: server.cert, agent: false, ...options }).end()
    const [response] = (await once(sending, 'response')) as [IncomingMessage]
    await buffer(response)
  }

  test('the certificate of the client, which no authority needs to know', async () => {
    const { port, peers } = await open()
    await send(port, client)
    expect(peers).toEqual([{ address: '127.0.0.1', certificate: der }])
  })

  test('no certificate, when the client has none or the server requests none', async () => {
    const asking = await open()
    await send(asking.port)
    const silent = await open({})
    await send(silent.port, client)
    expect([...asking.peers, ...silent.peers]).toEqual(
      Array.from({ length: 2 }, () => ({ address: '127.0.0.1', certificate: undefined })),
    )
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a resumed session of %s has the same certificate', async (version) => {
    const seen: { peer: Seen | undefined; isResumed: boolean }[] = []
    const options = { ...server, ...acceptAny, minVersion: version, maxVersion: version, sessionIdContext: 'tests' }
    const listening = createServer(options, (request, response) => {
      const socket = request.socket as TLSSocket
      seen.push({ peer: seenBy(peerOf(socket)), isResumed: socket.isSessionReused() })
      response.setHeader('Connection', 'close').end('ok')
    })
    const port = await listen(listening)
    async function call(more: ConnectionOptions): Promise<Buffer | undefined> {
      const socket = connect({ host: '127.0.0.1', port, ca: server.cert, ...client, ...more })
      let session: Buffer | undefined
      socket.on('session', (given: Buffer) => {
        session = given
      })
      await once(socket, 'secureConnect')
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await buffer(socket)
      return session
    }
    const session = await call({})
    await call(session === undefined ? {} : { session })
    const peer = { address: '127.0.0.1', certificate: der }
    expect(seen).toEqual([
      { peer, isResumed: false },
      { peer, isResumed: true },
    ])
  })

  test('plain TCP has no certificate, and a Unix socket has no address', async () => {
    const peers: (Seen | undefined)[] = []
    const respond = (request: IncomingMessage, response: { end: () => unknown }): void => {
      peers.push(seenBy(peerOf(request.socket)))
      response.end()
    }
    const port = await listen(createPlainServer(respond))
    const path = join(tmpdir(), `tollgate-${process.pid}-${port}.sock`)
    await listen(createPlainServer(respond), path)
    for (const to of [{ host: '127.0.0.1', port }, { socketPath: path }]) {
      const [response] = (await once(sendPlain({ ...to, agent: false }).end(), 'response')) as [IncomingMessage]
      await buffer(response)
    }
    expect(peers).toEqual([
      { address: '127.0.0.1', certificate: undefined },
      { address: undefined, certificate: undefined },
    ])
  })
})

describe('over HTTP/2', () => {
  async function peerOver(options: { readonly client?: Certificate; readonly isPlain?: boolean }): Promise<{
    readonly seen: Seen | undefined
    readonly peer: Peer | undefined
    readonly end: () => Promise<void>
  }> {
    const found = Promise.withResolvers<{ seen: Seen | undefined; peer: Peer | undefined }>()
    const respond = (request: Http2ServerRequest, response: { end: () => unknown }): void => {
      const peer = peerOf(request.socket)
      found.resolve({ seen: seenBy(peer), peer })
      response.end()
    }
    const listening =
      options.isPlain === true ? createHttp2Server(respond) : createSecureServer({ ...server, ...acceptAny }, respond)
    const port = await listen(listening)
    const scheme = options.isPlain === true ? 'http' : 'https'
    const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { ca: server.cert, ...options.client })
    onTestFinished(() => session.destroy())
    const closed = once(listening, 'session').then(async ([accepted]) => once(accepted as Socket, 'close'))
    const stream = session.request({ ':path': '/' })
    await buffer(stream)
    return {
      ...(await found.promise),
      end: async () => {
        session.destroy()
        await closed
      },
    }
  }

  test('with and without a certificate, and in the clear', async () => {
    const address = '127.0.0.1'
    expect((await peerOver({ client })).seen).toEqual({ address, certificate: der })
    expect((await peerOver({})).seen).toEqual({ address, certificate: undefined })
    expect((await peerOver({ isPlain: true })).seen).toEqual({ address, certificate: undefined })
  })

  test('after the connection has ended, there is no certificate and no error', async () => {
    const { peer, end } = await peerOver({ client })
    await end()
    expect(peer?.certificate()).toBeUndefined()
    expect([undefined, '127.0.0.1']).toContain(peer?.address)
  })
})

describe('anything else', () => {
  test('no object is no peer', () => {
    for (const socket of [undefined, null, 'socket', 1, true]) {
      expect(peerOf(socket)).toBeUndefined()
    }
  })

  test('an object that is no socket has no certificate and no address', () => {
    const failing = {
      get remoteAddress(): string {
        throw new Error('no address')
      },
      getPeerX509Certificate: () => {
        throw new Error('no certificate')
      },
    }
    const odd: readonly object[] = [
      {},
      [],
      new Socket(),
      failing,
      { remoteAddress: 5, getPeerCertificate: 'no function' },
      { remoteAddress: '', getPeerCertificate: () => null },
      { getPeerX509Certificate: () => undefined, getPeerCertificate: () => ({}) },
      { getPeerX509Certificate: () => ({ raw: 'text' }), getPeerCertificate: () => ({ raw: new Uint8Array() }) },
    ]
    for (const socket of odd) {
      expect(seenBy(peerOf(socket))).toEqual({ address: undefined, certificate: undefined })
    }
  })

  test('a runtime without getPeerX509Certificate', () => {
    const socket = { remoteAddress: '::1', getPeerCertificate: () => ({ raw: der }) }
    expect(seenBy(peerOf(socket))).toEqual({ address: '::1', certificate: der })
  })

  test('the socket is read on use only', () => {
    const read: PropertyKey[] = []
    const socket = new Proxy({}, { get: (_target, name) => void read.push(name) })
    const peer = peerOf(socket)
    expect(read).toEqual([])
    peer?.certificate()
    expect(read).not.toContain('remoteAddress')
  })
})
