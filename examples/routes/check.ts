import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import { createApp, createAppWithExceptions, createStrictApp } from './server.ts'

const issuer = await createMockIssuer()
const servers: Server[] = []

async function start(app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const api = await start(createApp(issuer.validatorOptions))

async function call(request: string, claims?: Record<string, unknown>, origin = api): Promise<number> {
  const [method = 'GET', path = '/'] = request.split(' ')
  const headers = claims === undefined ? {} : { authorization: `Bearer ${await issuer.accessToken(claims)}` }
  return (await fetch(`${origin}${path}`, { method, headers })).status
}

assert.equal(await call('GET /orders'), 401)
assert.equal(await call('GET /orders', { scope: 'orders:read' }), 200)
assert.equal(await call('GET /orders', { scope: 'other' }), 403)
assert.equal(await call('POST /orders', { scope: 'admin' }), 201)
assert.equal(await call('POST /orders', { scope: 'orders:write', tenant: 'acme' }), 201)
assert.equal(await call('POST /orders', { scope: 'orders:write', tenant: 'other' }), 403)
assert.equal(await call('GET /stock', { scope: 'stock:write' }), 200)
assert.equal(await call('GET /reports', {}), 401)
assert.equal(
  await call('GET /reports', { aud: [issuer.validatorOptions.audience, 'https://api.example.com/reports'] }),
  200,
)
const now = Math.floor(Date.now() / 1000)
assert.equal(await call('POST /payments', { acr: 'silver', auth_time: now }), 201)
assert.equal(await call('POST /payments', { acr: 'silver', auth_time: now - 600 }), 401)
assert.equal(await call('POST /payments', { acr: 'bronze', auth_time: now }), 401)

assert.equal(await call('DELETE /orders', { client_id: 'internal-1' }), 204)
assert.equal(await call('DELETE /orders', { client_id: 'someone' }), 403)
assert.equal(await call('GET /catalogue'), 200)
assert.equal(await call('GET /catalogue', {}), 200)
assert.equal(await call('GET /catalogue', { exp: 1 }), 401)
assert.equal(await call('GET /customers/alice/orders', {}), 200)
assert.equal(await call('GET /customers/bob/orders', {}), 403)

const withExceptions = await start(createAppWithExceptions(issuer.validatorOptions))
assert.equal(await call('GET /health', undefined, withExceptions), 200)
assert.equal(await call('GET /Health/', undefined, withExceptions), 200)
assert.equal(await call('GET /docs/start', undefined, withExceptions), 200)
assert.equal(await call('GET /orders', undefined, withExceptions), 401)
assert.equal(await call('GET /orders', {}, withExceptions), 200)

const strict = await start(createStrictApp(issuer.validatorOptions))
const refused = await fetch(`${strict}/orders`)
assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="api", scope="orders:read"')
assert.deepEqual(await refused.json(), { title: 'The request carries no credentials', status: 401 })
assert.equal(await call('GET /orders', { scope: 'orders:read' }, strict), 200)

for (const server of servers) {
  server.close()
}
await issuer.close()
