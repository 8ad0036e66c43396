import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './app.ts'

const issuer = await createMockIssuer()
const server = createApp(issuer.validatorOptions).listen(0, '127.0.0.1')
await once(server, 'listening')
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
after(async () => {
  server.close()
  await issuer.close()
})

async function getOrders(token: string): Promise<number> {
  return (await fetch(`${api}/orders`, { headers: { authorization: `Bearer ${token}` } })).status
}

test('a token with the scope gets the orders', async () => {
  assert.equal(await getOrders(await issuer.accessToken({ scope: 'orders:read' })), 200)
})

test('a token without the scope is 403', async () => {
  assert.equal(await getOrders(await issuer.accessToken()), 403)
})

test('an expired token is 401', async () => {
  assert.equal(await getOrders(await issuer.wrongToken('expired', { scope: 'orders:read' })), 401)
})
