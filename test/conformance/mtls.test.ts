/** Tokens that are bound to a certificate (RFC 8705 §3), over every adapter. */
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { connect } from 'node:http2'
import { request as sendRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createServer, type SecureContextOptions } from 'node:tls'
import { clientSecretBasic, type MtlsOptions, trustedIssuer, type ValidatorOptions } from '@tollgate/core'
import tollgate from '@tollgate/fastify'
import { type ClientCertificate, createSenderClient, type SenderClient, wrongCertificates } from '@tollgate/mock-issuer'
import fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { type Adapter, frameworks } from '../harness/adapters.ts'
import { certificate as createCertificate } from '../harness/certificates.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { listen } from '../harness/listen.ts'
import { openIssuer, openReference, type Reference, T0 } from '../harness/reference.ts'
import { type ResultCode, resultCodeOf } from '../harness/result-code.ts'
import { verifies } from '../harness/verifies.ts'

const origin = 'https://api.example'
const secret = 'the secret of the proxy has 32 bytes'.replaceAll(' ', '-')
const bySecret: MtlsOptions = { mode: 'accepted', certificate: { proxy: 'nginx', secret } }

interface MtlsApi extends Reference {
  readonly client: SenderClient
  readonly certificate: ClientCertificate
  /** The result of a GET over a TLS connection with this certificate. Default: without one. */
  readonly overTls: (token: string, certificate?: SecureContextOptions) => Promise<ResultCode>
  /** The same over a proxy that passes on the certificate. */
  readonly overProxy: (token: string, certificate?: { readonly cert: string }, more?: Lines) => Promise<ResultCode>
}

type Lines = readonly (readonly [name: string, value: string])[]

async function openMtlsApi(
  adapter: Adapter,
  mtls: MtlsOptions,
  protect: Partial<ValidatorOptions> = {},
): Promise<MtlsApi> {
  let handled = 0
  let server: Server | undefined
  const counting: Adapter = {
    ...adapter,
    serve: (serving) => {
      const onHandled: typeof serving.onHandled = (token) => {
        handled += 1
        serving.onHandled(token)
      }
      server = adapter.serve({ ...serving, onHandled })
      return server
    },
  }
  const api = await openReference(counting, { protect: { origin, mtls, ...protect } })
  const port = await listenWithTls(server)
  const client = await createSenderClient({ clock: api.issuer.clock })
  return {
    ...api,
    client,
    certificate: await client.certificate(),
    overTls: async (token, by = {}) => {
      handled = 0
      const headers = { authorization: `Bearer ${token}` }
      const to = { host: '127.0.0.1', port, path: '/items', agent: false, rejectUnauthorized: false }
      const sending = sendRequest({ ...to, headers, cert: by.cert, key: by.key }).end()
      const [response] = (await once(sending, 'response')) as [IncomingMessage]
      const { 'www-authenticate': challenge } = response.headers
      const body = (await buffer(response)).toString()
      const challenges = challenge === undefined ? [] : [challenge]
      return resultCodeOf({ status: response.statusCode ?? 0, headers: response.headers, challenges, body }, handled)
    },
    overProxy: async (token, by, more = [['Authorization', `Bearer ${token}`]]) => {
      const forwarded: Lines = by === undefined ? [] : [['X-SSL-Client-Cert', encodeURIComponent(by.cert)]]
      return api.outcome({ headers: [...more, ['X-Proxy-Secret', secret], ...forwarded] })
    },
  }
}

/** The same server behind another port, with TLS. It accepts every certificate. */
async function listenWithTls(server: Server | undefined): Promise<number> {
  const own = await createCertificate('127.0.0.1')
  const options = { ...own, requestCert: true, rejectUnauthorized: false }
  const tls = createServer(options, (socket) => server?.emit('connection', socket))
  await listen(tls)
  return (tls.address() as AddressInfo).port
}

function digest(bytes: string | Uint8Array, algorithm = 'sha256'): Buffer {
  return createHash(algorithm).update(bytes).digest()
}

verifies(
  ['MTLS-01', 'MTLS-04'],
  'a bound token needs the certificate of its client, which may be self-signed, on every connection',
  async (adapter) => {
    const api = await openMtlsApi(adapter, { mode: 'accepted' })
    const refusals = messagesOn('tollgate:refusal')
    const { certificate, client } = api
    const token = await api.token({ cnf: certificate.cnf })
    expect(await api.overTls(token, certificate)).toBe('OK')
    expect(api.seen()?.confirmation).toEqual(certificate.cnf)
    // The token is in the cache now.
    expect(await api.overTls(token)).toBe('E-TOK')
    for (const name of ['another', 'renewed'] as const) {
      expect([name, await api.overTls(token, await client.wrongCertificate(name))]).toEqual([name, 'E-TOK'])
    }
    const expired = await client.wrongCertificate('expired')
    expect(await api.overTls(await api.token({ cnf: expired.cnf }), expired)).toBe('E-TOK')
    expect(await api.present(token)).toBe('E-TOK')
    expect(refusals.map(({ refusal }) => refusal.reason)).toEqual([
      'no-certificate',
      'wrong-certificate',
      'wrong-certificate',
      'expired-certificate',
      'no-certificate',
    ])
    expect(await api.overTls(token, certificate)).toBe('OK')
    expect(wrongCertificates).toHaveLength(3)
    // Other tokens need no certificate, and may come with one.
    const unbound = await api.token()
    expect([await api.overTls(unbound), await api.overTls(unbound, certificate)]).toEqual(['OK', 'OK'])
    expect(api.seen()?.confirmation).toBeUndefined()
  },
  frameworks,
)

verifies('MTLS-02', 'the binding is the SHA-256 of the DER as base64url without padding', async (adapter) => {
  const api = await openMtlsApi(adapter, bySecret)
  const { der, cert, thumbprint, cnf } = api.certificate
  const present = async (value: unknown): Promise<ResultCode> =>
    api.overProxy(await api.token({ cnf: { 'x5t#S256': value } }), api.certificate)
  expect(await api.overProxy(await api.token({ cnf }), api.certificate)).toBe('OK')
  const { publicKey } = new X509Certificate(der)
  const wrong = {
    padded: `${thumbprint}=`,
    base64: digest(der).toString('base64'),
    hex: digest(der).toString('hex'),
    'SHA-1': digest(der, 'sha1').toString('base64url'),
    'SHA-512': digest(der, 'sha512').toString('base64url'),
    'the hash of the PEM': digest(cert).toString('base64url'),
    'the hash of the key': digest(publicKey.export({ type: 'spki', format: 'der' })).toString('base64url'),
    'a prefix': thumbprint.slice(0, -1),
    'a space': `${thumbprint} `,
    'an empty text': '',
    'a number': 5,
    'an array': [thumbprint],
    null: null,
  }
  for (const [what, value] of Object.entries(wrong)) {
    expect([what, await present(value)]).toEqual([what, 'E-TOK'])
  }
  for (const other of ['x5t', 'x5t#s256', 'X5T#S256', 'x5t#S256 ']) {
    expect([other, await api.overProxy(await api.token({ cnf: { [other]: thumbprint } }), api.certificate)]).toEqual([
      other,
      'E-TOK',
    ])
  }
})

verifies('MTLS-03', 'an introspected token has the same binding, cached or not', async (adapter) => {
  const issuer = await openIssuer()
  const api = await openMtlsApi(adapter, bySecret, {
    ...issuer.validatorOptions,
    issuer: trustedIssuer(issuer.url, {
      introspection: { client: clientSecretBasic(issuer.client.id, issuer.client.secret) },
    }),
  })
  const token = await issuer.opaqueToken({ scope: 'read', cnf: api.certificate.cnf })
  const other = await api.client.wrongCertificate('another')
  for (let round = 0; round < 2; round += 1) {
    expect(await api.overProxy(token)).toBe('E-TOK')
    expect(await api.overProxy(token, other)).toBe('E-TOK')
    expect(await api.overProxy(token, api.certificate)).toBe('OK')
    expect(api.seen()?.confirmation).toEqual(api.certificate.cnf)
  }
  expect(issuer.requests.filter(({ path }) => path.includes('introspect'))).toHaveLength(1)
})

verifies(
  'MTLS-05',
  'a certificate in a header counts only from the trusted proxy, and as exactly one',
  async (adapter) => {
    const api = await openMtlsApi(adapter, bySecret)
    const { certificate } = api
    const refusals = messagesOn('tollgate:refusal')
    const token = await api.token({ cnf: certificate.cnf })
    const authorization = ['Authorization', `Bearer ${token}`] as const
    const forwarded = ['X-SSL-Client-Cert', encodeURIComponent(certificate.cert)] as const
    const proof = ['X-Proxy-Secret', secret] as const
    const present = (...lines: Lines): Promise<ResultCode> => api.outcome({ headers: [authorization, ...lines] })
    const last = (): unknown => refusals.at(-1)?.refusal.reason
    expect(await present(forwarded, proof)).toBe('OK')
    for (const lines of [
      [forwarded],
      [forwarded, ['X-Proxy-Secret', `${secret}x`]],
      [forwarded, proof, proof],
      [forwarded, ['X-Forwarded-For', '127.0.0.1']],
      [proof],
      [proof, ['X_SSL_Client_Cert', forwarded[1]]],
      [proof, ['X-SSL-Client-Cert', '']],
      [proof, ['Client-Cert', `:${Buffer.from(certificate.der).toString('base64')}:`]],
    ] as const) {
      expect([await present(...lines), last()], JSON.stringify(lines)).toEqual(['E-TOK', 'no-certificate'])
    }
    for (const lines of [
      [forwarded, forwarded],
      [forwarded, ['x-ssl-client-cert', '']],
      [['X-SSL-Client-Cert', `${forwarded[1]},${forwarded[1]}`]],
      [['X-SSL-Client-Cert', encodeURIComponent(`${certificate.cert}${certificate.cert}`)]],
      [['X-SSL-Client-Cert', 'garbage']],
      [['X-SSL-Client-Cert', `${forwarded[1]}${'A'.repeat(16_384)}`]],
    ] as const) {
      expect([await present(...lines, proof), last()], JSON.stringify(lines)).toEqual([
        'E-TOK',
        'malformed-certificate',
      ])
    }
    const other = await api.client.wrongCertificate('another')
    expect([await api.overProxy(token, other), last()]).toEqual(['E-TOK', 'wrong-certificate'])
    expect(await present(forwarded, proof)).toBe('OK')
  },
)

verifies(
  'MTLS-05',
  'a proxy that is trusted by its address is the peer, whatever the headers say',
  async (adapter) => {
    const lines = (api: MtlsApi): Lines => [
      ['X-SSL-Client-Cert', encodeURIComponent(api.certificate.cert)],
      ['X-Forwarded-For', '10.0.0.5'],
    ]
    for (const [addresses, expected] of [
      [['10.0.0.0/8', '127.0.0.1'], 'OK'],
      ['127.0.0.0/8', 'OK'],
      ['10.0.0.5', 'E-TOK'],
      ['::1', 'E-TOK'],
    ] as const) {
      const certificate = { proxy: 'nginx', addresses } as const
      const api = await openMtlsApi(adapter, { mode: 'required', certificate })
      const token = await api.token({ cnf: api.certificate.cnf })
      const headers: Lines = [['Authorization', `Bearer ${token}`], ...lines(api)]
      expect([addresses, await api.outcome({ headers })]).toEqual([addresses, expected])
      // The TLS connection is that of the proxy then.
      expect(await api.overTls(token, api.certificate)).toBe('E-TOK')
    }
  },
  frameworks,
)

verifies('MTLS-06', 'where certificates are required, an unbound token is refused', async (adapter) => {
  const api = await openMtlsApi(adapter, { ...bySecret, mode: 'required' })
  const refusals = messagesOn('tollgate:refusal')
  expect(await api.overProxy(await api.token({ cnf: api.certificate.cnf }), api.certificate)).toBe('OK')
  for (let round = 0; round < 2; round += 1) {
    expect(await api.overProxy(await api.token(), api.certificate)).toBe('E-TOK')
  }
  expect(await api.overProxy(await api.token({ cnf: api.client.cnf }), api.certificate)).toBe('E-TOK')
  const reasons = refusals.map(({ refusal }) => refusal.reason)
  expect(reasons).toEqual(['unbound-token', 'unbound-token', 'sender-constrained'])
})

verifies('MTLS-06', 'of two bindings both must hold, and a wrong certificate uses up no proof', async (adapter) => {
  const api = await openMtlsApi(adapter, bySecret, { dpop: { mode: 'accepted' } })
  const { client, certificate } = api
  const other = await client.wrongCertificate('another')
  const token = await api.token({ cnf: { ...client.cnf, ...certificate.cnf } })
  const proof = await client.proof({ url: `${origin}/items`, token })
  const present = (dpop: string | undefined, by?: ClientCertificate): Promise<ResultCode> =>
    api.overProxy(token, by, [
      ['Authorization', `DPoP ${token}`],
      ...(dpop === undefined ? [] : [['DPoP', dpop] as const]),
    ])
  expect(await present(proof)).toBe('E-TOK DPoP')
  expect(await present(proof, other)).toBe('E-TOK DPoP')
  expect(await present(undefined, certificate)).toBe('E-PROOF')
  const wrong = await client.wrongProof('badSignature', { url: `${origin}/items`, token })
  expect(await present(wrong, certificate)).toBe('E-PROOF')
  expect(await api.overProxy(token, certificate)).toBe('E-TOK Bearer DPoP?')
  expect(await present(proof, certificate)).toBe('OK')
  expect(api.seen()?.confirmation).toEqual({ ...client.cnf, ...certificate.cnf })
  expect(await present(proof, certificate)).toBe('E-PROOF')
})

test('over HTTP/2 the certificate is that of the connection', async () => {
  const issuer = await openIssuer()
  const client = await createSenderClient({ clock: issuer.clock })
  const certificate = await client.certificate()
  const own = await createCertificate('127.0.0.1')
  const https = { ...own, requestCert: true, rejectUnauthorized: false }
  const app = fastify({ http2: true, https }) as unknown as FastifyInstance
  onTestFinished(async () => app.close())
  await app.register(tollgate, { ...issuer.validatorOptions, mtls: { mode: 'required' } })
  app.get('/items', { onRequest: app.protect() }, async () => 'ok')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const authorization = `Bearer ${await issuer.accessToken({ cnf: certificate.cnf })}`
  const statusBy = async (by: SecureContextOptions): Promise<unknown> => {
    const session = connect(url, { ca: own.cert, cert: by.cert, key: by.key })
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':path': '/items', authorization })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    stream.resume()
    return headers[':status']
  }
  expect(await statusBy(certificate)).toBe(200)
  expect(await statusBy({})).toBe(401)
  expect(await statusBy(await client.wrongCertificate('another'))).toBe(401)
  expect(issuer.clock()).toBe(T0 * 1000)
})
