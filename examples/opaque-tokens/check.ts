import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import { createFirstApp } from './first.ts'
import { createApp, createPartnersApp } from './server.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'EC' }] }
const [issuer, partner] = await Promise.all([
  createMockIssuer(),
  createMockIssuer({ client: { id: 'orders-api', keys } }),
])
const { audience, clock } = issuer.validatorOptions
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
const orders = await listen(createApp(issuer.url, issuer.client, { audience, clock }))
const partners = await listen(createPartnersApp(issuer.url, partner.url, issuer.client, pem, { audience, clock }))

const first = await listen(createFirstApp('secret'))

async function listen(app: Express): Promise<{ origin: string; close: () => void }> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

async function call(line: string, token: string, origin = orders.origin): Promise<number> {
  const [method = 'GET', path = '/'] = line.split(' ')
  return (await fetch(`${origin}${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status
}

function introspections(): number {
  return issuer.requests.filter(({ endpoint }) => endpoint === 'introspection').length
}

assert.equal((await fetch(`${first.origin}/orders`)).status, 401)

const token = await issuer.opaqueToken({ scope: 'orders:read payments:write' })
for (let request = 0; request < 10; request += 1) {
  assert.equal(await call('GET /orders', token), 200)
}
assert.equal(introspections(), 1)
assert.equal(await call('GET /orders', await issuer.accessToken({ scope: 'orders:read' })), 200)
assert.equal(await call('GET /orders', 'made-up'), 401)
assert.equal(await call('POST /payments', token), 201)

// A route with `active` sees a revocation within its limit. After that the cached result is inactive too.
issuer.revoke(token)
issuer.clock.advance('6s')
assert.equal(await call('GET /orders', token), 200)
assert.equal(await call('POST /payments', token), 401)
assert.equal(await call('GET /orders', token), 401)

// While the issuer is down, a cached token is valid and a new token is 503.
const known = await issuer.opaqueToken({ scope: 'orders:read' })
const unknown = await issuer.opaqueToken({ scope: 'orders:read' })
assert.equal(await call('GET /orders', known), 200)
issuer.misbehave('introspection', { status: 503 })
assert.equal(await call('GET /orders', known), 200)
assert.equal(await call('GET /orders', unknown), 503)
issuer.behave()
assert.equal(await call('GET /orders', unknown), 200)

const ownToken = await issuer.opaqueToken({}, { token: 'own_1' })
const partnersToken = await partner.opaqueToken({ aud: undefined }, { token: 'partner_1' })
assert.equal(await call('GET /', ownToken, partners.origin), 200)
assert.equal(await call('GET /', partnersToken, partners.origin), 200)
assert.equal(await call('GET /', 'other_1', partners.origin), 401)
for (const { close } of [first, orders, partners]) {
  close()
}
await Promise.all([issuer.close(), partner.close()])
