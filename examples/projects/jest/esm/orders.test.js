import { createProtect, scopes } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express from 'express'
import request from 'supertest'

const issuer = await createMockIssuer({ port: 'none' })
afterAll(() => issuer.close())

test('a caller with the scope gets the orders', async () => {
  const protect = createProtect(issuer.validatorOptions)
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))
  const token = await issuer.accessToken({ scope: 'orders:read' })
  expect((await request(app).get('/orders').auth(token, { type: 'bearer' })).body).toEqual({ for: 'alice' })
})
