/** The connections over which keys and metadata are fetched. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { trustedIssuer } from '@tollgate/core'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { expect, onTestFinished } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { listen, openApi } from '../harness/api.ts'
import { type Certificate, certificate } from '../harness/certificates.ts'
import { jws, keyPair } from '../harness/jws.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { verifies } from '../harness/verifies-documents.ts'

const { jwk, privateKey } = keyPair('P-256')
const clock = (): number => T0 * 1000

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

/** An issuer over TLS. */
async function openTlsIssuer(own: Certificate, options: ServerOptions = {}): Promise<string> {
  const server: Server = createTlsServer({ ...own, ...options }, (request, response) => {
    const keys = { keys: [{ ...jwk, kid: 'k' }] }
    const isAllowed = options.requestCert !== true || (request.socket as TLSSocket).authorized
    response.writeHead(isAllowed ? 200 : 403)
    response.end(JSON.stringify(request.url === '/jwks' ? keys : { issuer: url, jwks_uri: `${url}/jwks` }))
  })
  const url = (await listen(server)).replace('http:', 'https:')
  return url
}

async function outcome(adapter: Adapter, issuer: string, dispatcher?: Dispatcher): Promise<ResultCode> {
  const api = await openApi(adapter, { protection: { issuer, audience, clock, dispatcher } })
  const result = await api.present(tokenOf(issuer))
  await dispatcher?.destroy()
  return result
}

verifies(
  'KEY-01',
  'a key set is fetched from a server with a trusted certificate only, and a private CA can be trusted',
  async (adapter) => {
    const own = await certificate('localhost')
    const other = await certificate('localhost')
    const issuer = await openTlsIssuer(own)
    expect(await outcome(adapter, issuer)).toBe('E-UP')
    expect(await outcome(adapter, issuer, new Agent({ connect: { ca: other.cert } }))).toBe('E-UP')
    expect(await outcome(adapter, issuer, new Agent({ connect: { ca: own.cert } }))).toBe('OK')
  },
)

verifies('KEY-01', 'a key set on plain http is an option error, except on loopback', async (adapter) => {
  const make = (keys: string) => async () =>
    adapter.create({ issuer: trustedIssuer('https://as.example', { keys }), audience })
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  await expect(make('http://as.example/jwks')).rejects.toThrow(wrong)
  await expect(make('http://127.0.0.1.example/jwks')).rejects.toThrow(wrong)
  await expect(make('https://user:password@as.example/jwks')).rejects.toThrow(wrong)
  await make('http://127.0.0.1/jwks')()
})

verifies('KEY-10', 'the dispatcher of the developer may present a client certificate', async (adapter) => {
  const own = await certificate('localhost')
  const client = await certificate('api')
  const issuer = await openTlsIssuer(own, { requestCert: true, rejectUnauthorized: false, ca: client.cert })
  expect(await outcome(adapter, issuer, new Agent({ connect: { ca: own.cert } }))).toBe('502')
  expect(await outcome(adapter, issuer, new Agent({ connect: { ca: own.cert, ...client } }))).toBe('OK')
})

verifies('KEY-10', 'the dispatcher of the developer may send all calls through a proxy', async (adapter) => {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const proxy = await openProxy()
  const dispatcher = new ProxyAgent({ uri: proxy.url, proxyTunnel: true })
  expect(await outcome(adapter, issuer.url, dispatcher)).toBe('OK')
  expect(issuer.paths).toHaveLength(2)
  expect(new Set(proxy.targets)).toEqual(new Set([new URL(issuer.url).host]))
  expect(await outcome(adapter, issuer.url, new ProxyAgent({ uri: 'http://127.0.0.1:1', proxyTunnel: true }))).toBe(
    'E-UP',
  )
})

/** A forward proxy (RFC 9110 §9.3.6). */
async function openProxy(): Promise<{ url: string; targets: readonly string[] }> {
  const targets: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer().on('connect', ({ url = '' }, socket: Socket) => {
    targets.push(url)
    const [host = '', port] = url.split(':')
    const beyond = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      beyond.pipe(socket).pipe(beyond)
    })
    for (const one of [socket, beyond]) {
      sockets.add(one.on('error', () => undefined))
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, targets }
}
