import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createMockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import request from 'supertest'
import { createApp } from './app.ts'

const issuer = await createMockIssuer()
const app = createApp(issuer.validatorOptions)
after(() => issuer.close())

test('a caller with the scope gets the orders', async () => {
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
  assert.deepEqual(response.body, { for: 'alice' })
})

test('the API fetches metadata and keys once', async () => {
  const token = await issuer.accessToken({ scope: 'orders:read' })
  await request(app).get('/orders').auth(token, { type: 'bearer' })
  assert.deepEqual(
    issuer.requests.map(({ endpoint }) => endpoint),
    ['metadata', 'jwks'],
  )
})

for (const name of wrongTokens) {
  test(`a token that is ${name} is refused`, async () => {
    const token = await issuer.wrongToken(name, { scope: 'orders:read' })
    const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
    assert.equal(response.status, 401)
  })
}
