import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const server = createApp(issuer.validatorOptions).listen(0, '127.0.0.1')
await once(server, 'listening')
const orders = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
after(async () => {
  server.close()
  await issuer.close()
})

test('a caller with the scope gets the orders', async () => {
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  const response = await fetch(orders, { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual(await response.json(), { for: 'alice' })
})

test('an expired token is 401', async () => {
  const token = await issuer.wrongToken('expired', { scope: 'orders:read' })
  const response = await fetch(orders, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(response.status, 401)
})
