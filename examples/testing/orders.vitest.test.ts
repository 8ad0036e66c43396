import { createMockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import request from 'supertest'
import { afterAll, expect, test } from 'vitest'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const app = createApp(issuer.validatorOptions)
afterAll(() => issuer.close())

test('a caller with the scope gets the orders', async () => {
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
  expect(response.body).toEqual({ for: 'alice' })
})

test('a token without the scope is 403', async () => {
  const token = await issuer.accessToken({ scope: 'orders:write' })
  const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
  expect(response.status).toBe(403)
  expect(response.headers['www-authenticate']).toContain('scope="orders:read"')
})

test.each(wrongTokens)('a token that is %s is refused', async (name) => {
  const token = await issuer.wrongToken(name, { scope: 'orders:read' })
  const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
  expect(response.status).toBe(401)
})

test('a token is valid until it expires', async () => {
  const token = await issuer.accessToken({ scope: 'orders:read' })
  issuer.clock.advance('4m')
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).status).toBe(200)
  issuer.clock.advance('2m')
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).status).toBe(401)
})

test('a token under a new key is valid', async () => {
  // The unknown key above started a cooldown of 30 seconds.
  issuer.clock.advance('30s')
  await issuer.rotateKeys()
  const token = await issuer.accessToken({ scope: 'orders:read' })
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).status).toBe(200)
})
