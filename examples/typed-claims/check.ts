import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp as createExpressApp } from './express.ts'
import { createApp as createFastifyApp } from './fastify.ts'
import { createApp as createKoaApp } from './koa.ts'

const issuer = await createMockIssuer({ port: 'none' })
const fastify = await createFastifyApp(issuer.validatorOptions)
await fastify.ready()
const koa = createKoaApp(issuer.validatorOptions).callback()

const listeners: readonly RequestListener[] = [
  createExpressApp(issuer.validatorOptions),
  (request, response) => void koa(request, response),
  (request, response) => fastify.routing(request, response),
]
for (const listener of listeners) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
  const call = async (claims: Record<string, unknown>): Promise<Response> =>
    fetch(url, { headers: { authorization: `Bearer ${await issuer.accessToken(claims)}` } })

  const good = await call({ tenant: 'acme', auth_time: 0 })
  assert.deepEqual(await good.json(), { tenant: 'ACME', since: '1970-01-01T00:00:00.000Z' })
  const refused = await call({ tenant: 7, auth_time: 0 })
  assert.equal(
    refused.headers.get('www-authenticate'),
    'Bearer realm="api", error="invalid_token", error_description="The access token is not valid"',
  )
  server.close()
}
await fastify.close()
await issuer.close()
