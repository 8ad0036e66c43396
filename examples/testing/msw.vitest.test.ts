import { createMockIssuer } from '@tollgate/mock-issuer'
import { http, HttpResponse, passthrough } from 'msw'
import { setupServer } from 'msw/node'
import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from './stock.ts'

// MSW simulates the other API. The mock issuer needs no handler.
const server = setupServer(
  http.get('https://warehouse.example.com/stock', () => HttpResponse.json({ tea: 3 })),
  http.all('http://127.0.0.1:*/*', () => passthrough()), // the requests of Supertest
)
const issuer = await createMockIssuer({ port: 'none' })
const app = createApp(issuer.validatorOptions)
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterAll(() => server.close())
afterAll(() => issuer.close())

test('a caller with the scope gets the stock of the other API', async () => {
  const token = await issuer.accessToken({ scope: 'stock:read' })
  const response = await request(app).get('/stock').auth(token, { type: 'bearer' })
  expect([response.status, response.body]).toEqual([200, { tea: 3 }])
})

test('a caller without a token is refused', async () => {
  expect((await request(app).get('/stock')).status).toBe(401)
})
