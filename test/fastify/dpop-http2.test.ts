/** DPoP with the HTTP/2 server of Fastify itself. `test/real-servers/dpop-clients.test.ts` tests other servers. */
import tollgate from '@tollgate/fastify'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import fastify, { type FastifyInstance } from 'fastify'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { certificate } from '../harness/certificates.ts'

test.each(['1.1', '2.0'])('a nonce, a proof and a used proof get the same responses over HTTP/%s', async (version) => {
  const issuer = await createMockIssuer({ port: 'none' })
  onTestFinished(() => issuer.close())
  const { cert, key } = await certificate('127.0.0.1')
  const over = fastify({ http2: true, https: { cert, key, allowHTTP1: true } })
  onTestFinished(async () => {
    await over.close()
  })
  // The type of an app depends on its server. The types of routes do not.
  const app = over as unknown as FastifyInstance
  await app.register(tollgate, { ...issuer.validatorOptions, dpop: { mode: 'accepted', nonces: 'required' } })
  app.get('/', { onRequest: app.protect() }, async ({ raw }) => raw.httpVersion)
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/`
  const agent = new Agent({ allowH2: version === '2.0', connect: { ca: cert } })
  onTestFinished(() => agent.destroy())

  const client = await createSenderClient()
  const token = await issuer.accessToken({ cnf: client.cnf })
  const send = async (nonce?: string, dpop?: string) => {
    const proof = dpop ?? (await client.proof({ url, token, ...(nonce === undefined ? {} : { nonce }) }))
    const sent = { dispatcher: agent, headers: { authorization: `DPoP ${token}`, dpop: proof } }
    const { statusCode, headers, body } = await request(url, sent)
    return { proof, statusCode, headers, body: await body.text() }
  }
  const first = await send()
  expect(first).toMatchObject({
    statusCode: 401,
    headers: { 'www-authenticate': expect.stringMatching(/^DPoP .*error="use_dpop_nonce"/) },
  })
  const second = await send(String(first.headers['dpop-nonce']))
  expect(second).toMatchObject({ statusCode: 200, body: version })
  expect(await send(undefined, second.proof)).toMatchObject({
    statusCode: 401,
    headers: { 'www-authenticate': expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/) },
  })
})
