/** nginx of Debian ends the TLS connection and passes on the certificate, as in the example. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as plainRequest } from 'node:http'
import { type RequestOptions, request as tlsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { connect, type ConnectionOptions } from 'node:tls'
import type { ProxyCertificate } from '@tollgate/core'
import { type ClientCertificate, createSenderClient } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { startNginx } from '../../examples/mutual-tls/nginx.ts'
import { createApp } from '../../examples/mutual-tls/server.ts'
import { certificate as createCertificate } from '../harness/certificates.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { listen } from '../harness/listen.ts'
import { openIssuer } from '../harness/reference.ts'

const secret = 'the secret of the proxy has 32 bytes'.replaceAll(' ', '-')

interface Served {
  readonly token: string
  readonly certificate: ClientCertificate
  readonly another: ClientCertificate
  readonly overTls: (options?: RequestOptions, headers?: Record<string, string>) => Promise<number>
  /** To the port of nginx without TLS, or past nginx. */
  readonly inTheClear: (to: 'nginx' | 'api', headers?: Record<string, string>, localAddress?: string) => Promise<number>
  readonly tlsPort: number
}

async function serve(trust: Omit<ProxyCertificate, 'proxy'>): Promise<Served> {
  const issuer = await openIssuer()
  const client = await createSenderClient()
  const certificate = await client.certificate()
  const token = await issuer.accessToken({ cnf: certificate.cnf })
  // The certificate is as new as this test. The clock of the issuer is frozen in the past.
  const app = createApp(issuer.validatorOptions, { proxy: 'nginx', ...trust })
  const api = Number(new URL(await listen(createServer(app))).port)
  const nginx = await startNginx({ ...(await createCertificate('127.0.0.1')), api, secret })
  onTestFinished(nginx.stop)
  const authorization = `Bearer ${token}`
  const statusOf = async (sending: ReturnType<typeof plainRequest>): Promise<number> => {
    const [response] = (await once(sending.end(), 'response')) as [IncomingMessage]
    await buffer(response)
    return response.statusCode ?? 0
  }
  const to = { host: '127.0.0.1', path: '/orders', agent: false }
  return {
    token,
    certificate,
    another: await client.wrongCertificate('another'),
    tlsPort: nginx.tls,
    overTls: async (options = {}, headers = {}) =>
      statusOf(
        tlsRequest({
          ...to,
          port: nginx.tls,
          rejectUnauthorized: false,
          ...options,
          headers: { authorization, ...headers },
        }),
      ),
    inTheClear: async (where, headers = {}, localAddress = '127.0.0.1') =>
      statusOf(
        plainRequest({
          ...to,
          port: where === 'api' ? api : nginx.plain,
          localAddress,
          headers: { authorization, 'X-SSL-Client-Cert': encodeURIComponent(certificate.cert), ...headers },
        }),
      ),
  }
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('nginx passes on the certificate of the client over %s', async (version) => {
  const { overTls, certificate, another } = await serve({ secret })
  const options = { minVersion: version, maxVersion: version } as const
  expect(await overTls({ ...options, ...certificate })).toBe(200)
  expect(await overTls({ ...options, ...another })).toBe(401)
  expect(await overTls(options)).toBe(401)
  expect(await overTls({ ...options, ...certificate })).toBe(200)
})

test('a resumed connection has the same certificate', async () => {
  const { tlsPort, certificate, token } = await serve({ secret })
  async function call(
    more: ConnectionOptions,
  ): Promise<{ session: Buffer | undefined; text: string; isResumed: boolean }> {
    const socket = connect({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false, ...certificate, ...more })
    let session: Buffer | undefined
    socket.on('session', (given: Buffer) => {
      session = given
    })
    await once(socket, 'secureConnect')
    const isResumed = socket.isSessionReused()
    socket.write(`GET /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    const text = (await buffer(socket)).toString()
    return { session, text, isResumed }
  }
  const { session, text } = await call({})
  expect(text).toMatch(/^HTTP\/1.1 200 /)
  const resumed = await call(session === undefined ? {} : { session })
  expect([resumed.isResumed, resumed.text.slice(0, 12)]).toEqual([true, 'HTTP/1.1 200'])
})

test('no port of nginx passes on the header of a client', async () => {
  const { overTls, inTheClear, certificate, another } = await serve({ secret })
  const refusals = messagesOn('tollgate:refusal')
  const forged = encodeURIComponent(certificate.cert)
  for (const name of ['X-SSL-Client-Cert', 'x-ssl-client-cert', 'X_SSL_CLIENT_CERT']) {
    expect(await overTls(another, { [name]: forged })).toBe(401)
    expect(await overTls({}, { [name]: forged })).toBe(401)
  }
  expect(await inTheClear('nginx')).toBe(401)
  expect(await inTheClear('nginx', { 'X-Proxy-Secret': secret })).toBe(401)
  expect(new Set(refusals.map(({ refusal }) => refusal.reason))).toEqual(
    new Set(['wrong-certificate', 'no-certificate']),
  )
})

test('a client that forges the header past nginx is refused, unless it knows the secret', async () => {
  const { inTheClear } = await serve({ secret })
  expect(await inTheClear('api')).toBe(401)
  expect(await inTheClear('api', { 'X-Proxy-Secret': 'a guess' })).toBe(401)
  expect(await inTheClear('api', { 'X-Proxy-Secret': secret })).toBe(200)
})

test('a client that forges the header from another address is refused', async () => {
  const { overTls, inTheClear, certificate } = await serve({ addresses: '127.0.0.1' })
  expect(await overTls(certificate)).toBe(200)
  expect(await inTheClear('api', {}, '127.0.0.2')).toBe(401)
  expect(await inTheClear('api', { 'X-Forwarded-For': '127.0.0.1' }, '127.0.0.2')).toBe(401)
  expect(await inTheClear('api', {}, '127.0.0.1')).toBe(200)
})
