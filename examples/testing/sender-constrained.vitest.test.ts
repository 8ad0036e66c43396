import { createMockIssuer, createSenderClient, wrongProofs } from '@tollgate/mock-issuer'
import request from 'supertest'
import { afterAll, expect, test } from 'vitest'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const app = createApp({ ...issuer.validatorOptions, dpop: { mode: 'required' } })
afterAll(() => issuer.close())

const url = 'https://api.example.com/orders'
const client = await createSenderClient({ clock: issuer.clock })
const token = await issuer.accessToken({ scope: 'orders:read', cnf: client.cnf })

test('the owner of the key gets the orders', async () => {
  const response = await request(app)
    .get('/orders')
    .set(await client.headers({ url, token }))
  expect(response.status).toBe(200)
})

test.each(wrongProofs)('a proof that is %s is refused', async (name) => {
  const dpop = await client.wrongProof(name, { url, token })
  const response = await request(app)
    .get('/orders')
    .set({ authorization: `DPoP ${token}`, dpop })
  expect(response.status).toBe(401)
  const error = name === 'foreignKey' ? 'invalid_token' : 'invalid_dpop_proof'
  expect(response.headers['www-authenticate']).toContain(`error="${error}"`)
})
