/** The origin under which the client called, as a guard sees it: only by the word of a proxy that the framework trusts. */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer, request as sendRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { defineGuard, type Guard } from '@tollgate/core'
import { createProtect as createExpressProtect } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as createKoaProtect } from '@tollgate/koa'
import express5 from 'express'
import express4 from 'express4'
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import Koa from 'koa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { certificate } from '../harness/certificates.ts'
import { listen } from '../harness/listen.ts'
import { openIssuer, openReference } from '../harness/reference.ts'
import { send } from '../harness/send.ts'

type Lines = readonly (readonly [name: string, value: string])[]

/** What a guard sees of a request. After the connection has ended, its socket has no address. */
interface Seen {
  readonly origin: string | readonly string[] | undefined
  readonly address: string | undefined
  readonly certificate: string | undefined
}

function recorder(): { readonly guard: Guard; readonly seen: Seen[] } {
  const seen: Seen[] = []
  const guard = defineGuard({
    check: (_token, { request }) => {
      const der = request?.peer?.certificate()
      seen.push({
        origin: request?.origin,
        address: request?.peer?.address,
        certificate: der && Buffer.from(der).toString('base64'),
      })
      return 'pass'
    },
  })
  return { guard, seen }
}

const host: Lines[number] = ['Host', 'api.example.com']
const evil: Lines = [
  ['Host', 'evil.example'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-For', '10.0.0.5'],
  ['Forwarded', 'host=evil.example;proto=https'],
]

/** What a trusted proxy sends, and the origin. */
const fromTrustedProxy: readonly (readonly [name: string, lines: Lines, origin: string | undefined])[] = [
  [
    'both headers',
    [
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'api.example.com'],
    ],
    'https://api.example.com',
  ],
  [
    'a port',
    [
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'api.example.com:8443'],
    ],
    'https://api.example.com:8443',
  ],
  [
    'the default port',
    [
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'api.example.com:443'],
    ],
    'https://api.example.com',
  ],
  [
    'upper case',
    [
      ['X-Forwarded-Proto', 'HTTPS'],
      ['X-Forwarded-Host', 'API.example.com'],
    ],
    'https://api.example.com',
  ],
  [
    'IPv6',
    [
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', '[fd00::1]:8443'],
    ],
    'https://[fd00::1]:8443',
  ],
  ['the protocol only', [host, ['X-Forwarded-Proto', 'https']], 'https://api.example.com'],
  ['the host only', [['X-Forwarded-Host', 'api.example.com']], 'http://api.example.com'],
  ['neither', [host], 'http://api.example.com'],
  [
    'several hosts in one line',
    [host, ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'evil.example, api.example.com']],
    undefined,
  ],
  [
    'several hosts in several lines',
    [
      host,
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Host', 'api.example.com'],
    ],
    undefined,
  ],
  ['several protocols', [host, ['X-Forwarded-Proto', 'https, http']], undefined],
  [
    'several protocols in several lines',
    [host, ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Proto', 'http']],
    undefined,
  ],
  ['an empty host', [host, ['X-Forwarded-Host', '']], undefined],
  ['another protocol', [host, ['X-Forwarded-Proto', 'javascript']], undefined],
  ['credentials', [['X-Forwarded-Host', 'api.example.com@evil.example']], undefined],
  ['a path', [['X-Forwarded-Host', 'evil.example/api.example.com']], undefined],
  ['a query', [['X-Forwarded-Host', 'evil.example?api.example.com']], undefined],
  ['a fragment', [['X-Forwarded-Host', 'evil.example#api.example.com']], undefined],
  ['a space', [['X-Forwarded-Host', 'evil.example api.example.com']], undefined],
  ['a backslash', [['X-Forwarded-Host', 'evil.example\\api.example.com']], undefined],
  ['a port that is none', [['X-Forwarded-Host', 'api.example.com:99999']], undefined],
]

/** Whether the framework of an adapter has a setting for proxies. */
function hasSetting(name: string): boolean {
  return !/Hono|^Request/.test(name)
}

describe.each(adapters)('$name', (adapter) => {
  test.each([[[]], [['trust proxy']]] as const)('the origin with the settings %j', async (habits) => {
    const { guard, seen } = recorder()
    const api = await openReference(adapter, { guards: [guard], habits })
    const credentials = ['Authorization', `Bearer ${await api.token()}`] as const
    const originOf = async (lines: Lines, path = '/items'): Promise<unknown> => {
      seen.length = 0
      expect(await api.outcome({ path, headers: [credentials, ...lines] })).toBe('OK')
      return seen.at(-1)?.origin
    }
    const isTrusted = habits.length > 0 && hasSetting(adapter.name)
    for (const [what, lines, origin] of fromTrustedProxy) {
      expect(await originOf(lines), what).toBe(isTrusted ? origin : undefined)
    }
    expect(await originOf(evil)).toBe(isTrusted ? 'https://evil.example' : undefined)
    expect(await originOf(evil, '/mounted/items')).toBe(isTrusted ? 'https://evil.example' : undefined)
  })

  test('the peer is the other end of the connection, whatever the headers say', async () => {
    for (const habits of [[], ['trust proxy']] as const) {
      const { guard, seen } = recorder()
      const api = await openReference(adapter, { guards: [guard], habits })
      const headers = [['Authorization', `Bearer ${await api.token()}`] as const, ...evil]
      expect(await api.outcome({ headers })).toBe('OK')
      const address = adapter.name === 'Request' ? undefined : '127.0.0.1'
      expect(seen).toMatchObject([{ address, certificate: undefined }])
    }
  })
})

/** Serves an app until the test ends, and returns the origin of a request with these lines. */
async function originBy(
  createServer: (
    options: Awaited<ReturnType<typeof openIssuer>>['validatorOptions'],
    guard: Guard,
  ) => Server | Promise<Server>,
  lines: Lines = evil,
): Promise<Seen['origin']> {
  const issuer = await openIssuer()
  const { guard, seen } = recorder()
  const origin = await listen(await createServer(issuer.validatorOptions, guard))
  const { status } = await send(origin, {
    path: '/items',
    headers: [['Authorization', `Bearer ${await issuer.accessToken()}`], ...lines],
  })
  expect([status, seen.length]).toEqual([200, 1])
  return seen[0]?.origin
}

const trusted = 'https://evil.example'
/** Settings of `trust proxy` in Express, and the origin that a peer on loopback may claim. */
const expressSettings: readonly (readonly [setting: unknown, origin: string | undefined])[] = [
  ['loopback', trusted],
  ['127.0.0.1', trusted],
  [['10.0.0.0/8', '127.0.0.0/8'], trusted],
  [1, trusted],
  [(address: string, hop: number) => address === '127.0.0.1' && hop === 0, trusted],
  ['10.0.0.5', undefined],
  [['uniquelocal', '::1'], undefined],
  [0, undefined],
  [(address: string) => address === '10.0.0.5', undefined],
]

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
] as const)('%s', (_name, express) => {
  test.each(expressSettings)('trust proxy: %s', async (setting, expected) => {
    const origin = await originBy((options, guard) => {
      const app = express().set('trust proxy', setting)
      app.get('/items', createExpressProtect(options)(guard), (_req, res) => void res.end())
      return createHttpServer(app)
    })
    expect(origin).toBe(expected)
  })

  test('a mounted app has the setting of its parent', async () => {
    const origin = await originBy((options, guard) => {
      const child = express().get('/', createExpressProtect(options)(guard), (_req, res) => void res.end())
      return createHttpServer(express().set('trust proxy', 'loopback').use('/items', child))
    })
    expect(origin).toBe(trusted)
  })
})

describe('Fastify', () => {
  const serve =
    (options: FastifyServerOptions) =>
    async (...[validatorOptions, guard]: Parameters<Parameters<typeof originBy>[0]>): Promise<Server> => {
      const app: FastifyInstance = fastify(options)
      onTestFinished(async () => app.close())
      await app.register(tollgate, validatorOptions)
      app.get('/items', { onRequest: app.protect(guard) }, async () => 'ok')
      await app.ready()
      return createHttpServer((request, response) => app.routing(request, response))
    }

  test.each<readonly [setting: NonNullable<FastifyServerOptions['trustProxy']>, origin: string | undefined]>([
    ['loopback', trusted],
    ['10.0.0.5, 127.0.0.1', trusted],
    [['10.0.0.0/8', '127.0.0.0/8'], trusted],
    [(address) => address === '127.0.0.1', trusted],
    ['10.0.0.5', undefined],
    [['uniquelocal', '::1'], undefined],
    [(address) => address === '10.0.0.5', undefined],
    [(address) => address === '192.0.2.1', undefined],
    // Fastify 5.12 trusts no peer by a number of hops, and its types no longer have the number.
    [1 as never, undefined],
  ])('trustProxy: %s', async (trustProxy, expected) => {
    expect(await originBy(serve({ trustProxy }))).toBe(expected)
    const withoutForwardedFor = evil.filter(([name]) => name !== 'X-Forwarded-For')
    expect(await originBy(serve({ trustProxy }), withoutForwardedFor)).toBe(expected)
  })

  test('over HTTP/2 the host is the authority', async () => {
    const issuer = await openIssuer()
    const { guard, seen } = recorder()
    const app = fastify({ http2: true, trustProxy: 'loopback' }) as unknown as FastifyInstance
    onTestFinished(async () => app.close())
    await app.register(tollgate, issuer.validatorOptions)
    app.get('/items', { onRequest: app.protect(guard) }, async () => 'ok')
    const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
    onTestFinished(() => client.destroy())
    const authorization = `Bearer ${await issuer.accessToken()}`
    await buffer(
      client.request({
        ':path': '/items',
        ':authority': 'api.example.com',
        authorization,
        'x-forwarded-proto': 'https',
      }),
    )
    expect(seen).toMatchObject([{ origin: 'https://api.example.com', address: '127.0.0.1' }])
  })
})

describe('Koa', () => {
  test('over HTTP/2 the host is the authority', async () => {
    const issuer = await openIssuer()
    const { guard, seen } = recorder()
    const app = new Koa({ proxy: true })
    app.use(createKoaProtect(issuer.validatorOptions)(guard))
    const server = createHttp2Server((request, response) => void app.callback()(request as never, response as never))
    const client = connect(await listen(server))
    onTestFinished(() => client.destroy())
    const authorization = `Bearer ${await issuer.accessToken()}`
    await buffer(
      client.request({
        ':path': '/',
        ':authority': 'api.example.com',
        authorization,
        'x-forwarded-host': 'www.example.com',
      }),
    )
    expect(seen).toMatchObject([{ origin: 'http://www.example.com', address: '127.0.0.1' }])
  })
})

test('a server with TLS is on https, and its peer has the certificate of the client', async () => {
  const issuer = await openIssuer()
  const { guard, seen } = recorder()
  const own = await certificate('127.0.0.1')
  const client = await certificate('client')
  const app = express5().set('trust proxy', 'loopback')
  app.get('/items', createExpressProtect(issuer.validatorOptions)(guard), (_req, res) => void res.end())
  const server = createHttpsServer({ ...own, requestCert: true, rejectUnauthorized: false }, app)
  await listen(server)
  const { port } = server.address() as AddressInfo
  const headers = { authorization: `Bearer ${await issuer.accessToken()}`, host: 'api.example.com' }
  const options = { host: '127.0.0.1', servername: '', port, path: '/items', agent: false, ca: own.cert }
  const sending = sendRequest({ ...options, ...client, headers, rejectUnauthorized: false })
  const [response] = (await once(sending.end(), 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  const der = client.cert.replaceAll(/-----[^-]+-----|\s/g, '')
  expect(seen).toEqual([{ origin: 'https://api.example.com', address: '127.0.0.1', certificate: der }])
})
