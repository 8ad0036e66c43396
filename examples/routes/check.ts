import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './server.ts'

const issuer = await createMockIssuer()
const server = createApp(issuer.validatorOptions).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function call(request: string, claims?: Record<string, unknown>): Promise<number> {
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
assert.equal(await call('DELETE /orders', { client_id: 'internal-1' }), 204)
assert.equal(await call('DELETE /orders', { client_id: 'someone' }), 403)
assert.equal(await call('GET /catalogue'), 200)
assert.equal(await call('GET /catalogue', {}), 200)
assert.equal(await call('GET /catalogue', { exp: 1 }), 401)

server.close()
await issuer.close()
