import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { get as httpsGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { nodeRedis } from '@tollgate/redis'
import { createClient } from 'redis'
import { createApp as createFapiApp } from './fapi.ts'
import { createApp as createFleetApp } from './fleet.ts'
import { createHandler } from './handler.ts'
import { createApp, createAppBehindProxy, createAppWithOrigin, createTlsServer } from './server.ts'

const issuer = await createMockIssuer({ port: 'none' })
const options = issuer.validatorOptions
const client = await createSenderClient({ clock: issuer.clock })
const token = await issuer.accessToken({ scope: 'orders:read payments:write', cnf: client.cnf })
const unbound = await issuer.accessToken({ scope: 'orders:read payments:write' })
const servers: Server[] = []

async function start(listener: { readonly listen: (port: number, host: string) => Server }): Promise<number> {
  const server = listener.listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Call {
  readonly method?: string
  readonly path?: string
  /** The origin in the proof. Default: that of the audience. */
  readonly origin?: string
  readonly nonce?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function call(port: number, given: Call = {}): Promise<Response> {
  const { method = 'GET', path = '/orders', origin = 'https://api.example.com', nonce, headers = {} } = given
  const url = `${origin}${path}`
  const bound = await client.headers({ method, url, token, ...(nonce === undefined ? {} : { nonce }) })
  return fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headers, ...bound } })
}

async function callUnbound(port: number, method: string, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { authorization: `Bearer ${unbound}` } })
}

function challengeOf({ headers }: Response): string {
  return headers.get('www-authenticate') ?? ''
}

// A route that accepts both kinds of tokens, and one that needs bound ones.
const api = await start(createApp(options))
assert.deepEqual(await (await call(api)).json(), { for: 'alice', key: client.thumbprint })
assert.deepEqual(await (await callUnbound(api, 'GET', '/orders')).json(), { for: 'alice', key: 'none' })
assert.equal((await call(api, { method: 'POST', path: '/payments' })).status, 201)
const refused = await callUnbound(api, 'POST', '/payments')
assert.equal(refused.status, 401)
assert.match(challengeOf(refused), /^DPoP /)
assert.equal((await call(api, { origin: 'https://evil.example.com' })).status, 401)

// A trusted proxy states the origin.
const behind = await start(createAppBehindProxy(options))
const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example.com' }
assert.equal((await call(behind, { origin: 'https://shop.example.com', headers: forwarded })).status, 200)
assert.equal((await call(behind, { origin: 'https://api.example.com', headers: forwarded })).status, 401)

// The configuration states it, and no header counts.
const fixed = await start(createAppWithOrigin(options))
assert.equal((await call(fixed, { origin: 'https://shop.example.com' })).status, 200)
assert.equal((await call(fixed, { origin: 'https://evil.example.com', headers: forwarded })).status, 401)

// The first response has the nonce. A store that cannot respond lets no proof pass.
const redis = nodeRedis(createClient()) // without a connection
const fleet = await start(createFleetApp(options, redis, ['a secret of thirty-two bytes or more']))
const demand = await call(fleet)
const nonce = demand.headers.get('dpop-nonce') ?? ''
assert.equal(demand.status, 401)
assert.match(challengeOf(demand), /error="use_dpop_nonce"/)
assert.match(demand.headers.get('access-control-expose-headers') ?? '', /DPoP-Nonce/)
assert.equal((await call(fleet, { nonce })).status, 503)

// A handler for a web `Request` sends the newer nonce itself.
const handler = createHandler(options)
const url = 'https://api.example.com/orders'
const first = await handler(new Request(url, { headers: await client.headers({ url, token }) }))
assert.equal(first.status, 401)
const own = first.headers.get('dpop-nonce') ?? ''
const second = await handler(new Request(url, { headers: await client.headers({ url, token, nonce: own }) }))
assert.deepEqual([second.status, second.headers.get('dpop-nonce')], [200, null])
issuer.clock.advance('31s')
const third = await handler(new Request(url, { headers: await client.headers({ url, token, nonce: own }) }))
assert.equal(third.status, 200)
assert.notEqual(third.headers.get('dpop-nonce') ?? own, own)

// FAPI 2.0 accepts both kinds of binding, and no other token.
const fapi = await start(createFapiApp(options.issuer, options))
assert.equal((await callUnbound(fapi, 'GET', '/accounts')).status, 401)
const accounts = await call(fapi, { path: '/accounts' })
assert.match(challengeOf(accounts), /error="use_dpop_nonce"/)
const known = accounts.headers.get('dpop-nonce') ?? ''
assert.equal((await call(fapi, { path: '/accounts', nonce: known })).status, 200)

// Mutual TLS: the token needs the certificate of its client.
const certificate = await client.certificate()
const certified = await issuer.accessToken({ cnf: certificate.cnf })
const serverCertificate = await (await createSenderClient()).certificate()
const tls = await start(createTlsServer(options, serverCertificate))

async function callWith(given: { readonly cert?: string; readonly key?: string }): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${certified}` }
  const to = { host: '127.0.0.1', port: tls, path: '/orders', headers, agent: false, rejectUnauthorized: false }
  const [response] = await once(httpsGet({ ...to, cert: given.cert, key: given.key }), 'response')
  response.resume()
  return response.statusCode
}

assert.equal(await callWith(certificate), 200)
assert.equal(await callWith(serverCertificate), 401)
assert.equal(await callWith({}), 401)

for (const server of servers) {
  server.close()
}
await issuer.close()
