import { createServer } from 'node:https'
import { type ClientCertificate, createMockIssuer, createSenderClient, wrongCertificates } from '@tollgate/mock-issuer'
import request from 'supertest'
import { afterAll, expect, test } from 'vitest'
import { createApp } from './app.ts'

const issuer = await createMockIssuer({ port: 'none' })
const app = createApp({ ...issuer.validatorOptions, mtls: { mode: 'required' } })
afterAll(() => issuer.close())

const client = await createSenderClient({ clock: issuer.clock })
const certificate = await client.certificate()
const server = createServer({ ...certificate, requestCert: true, rejectUnauthorized: false }, app)

async function status(token: string, { cert, key }: ClientCertificate): Promise<number> {
  const get = request(server).get('/orders').auth(token, { type: 'bearer' })
  return (await get.cert(cert).key(key).disableTLSCerts()).status
}

test('the owner of the certificate gets the orders', async () => {
  const token = await issuer.accessToken({ scope: 'orders:read', cnf: certificate.cnf })
  expect(await status(token, certificate)).toBe(200)
})

test.each(wrongCertificates)('a certificate that is %s is refused', async (name) => {
  const wrong = await client.wrongCertificate(name)
  const { cnf } = name === 'expired' ? wrong : certificate
  const token = await issuer.accessToken({ scope: 'orders:read', cnf })
  expect(await status(token, wrong)).toBe(401)
})
