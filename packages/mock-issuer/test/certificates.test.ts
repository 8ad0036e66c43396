import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { type ClientCertificate, createSenderClient, wrongCertificates } from '../src/index.ts'
import { start } from './harness.ts'

/** Starts a TLS server that returns the thumbprint of the client's certificate. */
async function startServer({ cert, key }: ClientCertificate): Promise<string> {
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (incoming, response) => {
    const { raw } = (incoming.socket as TLSSocket).getPeerCertificate()
    response.end(createHash('sha256').update(raw).digest('base64url'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each(['the certificate', ...wrongCertificates] as const)('%s proves itself to a TLS server', async (name) => {
  const client = await createSenderClient()
  const certificate = await (name === 'the certificate' ? client.certificate() : client.wrongCertificate(name))
  const url = await startServer(await client.certificate())
  const dispatcher = new Agent({ connect: { ...certificate, rejectUnauthorized: false } })
  onTestFinished(() => dispatcher.close())
  const { body } = await request(url, { dispatcher })
  expect(await body.text()).toBe(certificate.thumbprint)
})

test('the client has one certificate, which is valid by the clock of the test and by real time', async () => {
  const { clock } = await start()
  clock.freeze(new Date('2051-01-01T00:00:00Z'))
  const client = await createSenderClient({ clock })
  const certificate = await client.certificate()
  expect(await client.certificate()).toBe(certificate)
  const { validFromDate, validToDate, raw } = new X509Certificate(certificate.cert)
  expect(validFromDate.getTime()).toBeLessThan(Date.now())
  expect(validToDate.getTime()).toBeGreaterThan(clock())
  expect(Buffer.from(certificate.der).equals(raw)).toBe(true)
  expect(certificate.cnf).toEqual({ 'x5t#S256': certificate.thumbprint })
})

test('each wrong certificate has the subject of the correct one, and one fault', async () => {
  const client = await createSenderClient()
  const read = (certificate: ClientCertificate) => new X509Certificate(certificate.der)
  const [valid, another, renewed, expired] = [
    read(await client.certificate()),
    read(await client.wrongCertificate('another')),
    read(await client.wrongCertificate('renewed')),
    read(await client.wrongCertificate('expired')),
  ]
  expect(new Set([valid, another, renewed, expired].map(({ fingerprint256 }) => fingerprint256)).size).toBe(4)
  expect(new Set([valid, another, renewed, expired].map(({ subject }) => subject)).size).toBe(1)
  expect(renewed.publicKey.equals(valid.publicKey)).toBe(true)
  expect(another.publicKey.equals(valid.publicKey)).toBe(false)
  expect(another.validToDate.getTime()).toBeGreaterThan(Date.now())
  expect(expired.validToDate.getTime()).toBeLessThan(Date.now())
})
