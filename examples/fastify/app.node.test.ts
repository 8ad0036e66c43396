import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const app = await createApp(issuer.validatorOptions)
after(async () => {
  await app.close()
  await issuer.close()
})

test('a caller with the scope gets the orders', async () => {
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  const response = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual(response.json(), { for: 'alice' })
})

test('an expired token is 401', async () => {
  const token = await issuer.wrongToken('expired', { scope: 'orders:read' })
  const response = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${token}` } })
  assert.equal(response.statusCode, 401)
})
