import { clientSecretBasic, trustedIssuer } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import request from 'supertest'
import { afterAll, expect, test } from 'vitest'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const { id, secret } = issuer.client
const app = createApp({
  ...issuer.validatorOptions,
  issuer: trustedIssuer(issuer.url, { introspection: { client: clientSecretBasic(id, secret) } }),
})
afterAll(() => issuer.close())

async function status(token: string): Promise<number> {
  return (await request(app).get('/orders').auth(token, { type: 'bearer' })).status
}

test('a revoked token is refused within a minute', async () => {
  const token = await issuer.opaqueToken({ scope: 'orders:read' })
  expect(await status(token)).toBe(200)
  issuer.revoke(token)
  issuer.clock.advance('1m')
  expect(await status(token)).toBe(401)
})

test('a valid token is 503 while the issuer is down', async () => {
  const token = await issuer.opaqueToken({ scope: 'orders:read' })
  issuer.misbehave('introspection', { status: 503 }, { times: 1 })
  expect(await status(token)).toBe(503)
  expect(await status(token)).toBe(200)
})
