import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import request from 'supertest'
import { createApp } from '../src/app'

let issuer: MockIssuer
let app: Express

beforeAll(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  app = createApp(issuer.validatorOptions)
})
afterAll(() => issuer.close())

test('a caller with the scope gets the orders', async () => {
  const token = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
  const response = await request(app).get('/orders').auth(token, { type: 'bearer' })
  expect(response.body).toEqual({ for: 'alice' })
})

test('a token without the scope is 403', async () => {
  const token = await issuer.accessToken()
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).status).toBe(403)
})

test('an expired token is 401', async () => {
  const token = await issuer.wrongToken('expired', { scope: 'orders:read' })
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).status).toBe(401)
})
