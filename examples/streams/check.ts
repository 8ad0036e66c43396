import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp as createExpress } from './express.ts'
import { createApp as createFastify } from './fastify.ts'
import { createApp as createHono } from './hono.ts'
import { createApp as createKoa } from './koa.ts'
import { respond } from './web-request.ts'

const issuer = await createMockIssuer({ port: 'none' })
const options = issuer.validatorOptions
const validator = createValidator(options)

const fastify = await createFastify(options)
await fastify.ready()
const hono = getRequestListener(createHono(options).fetch, { overrideGlobalObjects: false })
const web = getRequestListener((request) => respond(request, validator), { overrideGlobalObjects: false })
const servers: readonly Server[] = [
  createServer(createExpress(options)),
  createServer(createKoa(options).callback()),
  fastify.server,
  createServer((request, response) => void hono(request, response)),
  createServer((request, response) => void web(request, response)),
]

/** Each stream ends with its token, and the client can connect again with a fresh one. */
async function check(server: Server): Promise<void> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices`
  const exp = Math.floor(Date.now() / 1000) + 2
  const headers = { authorization: `Bearer ${await issuer.accessToken({ exp })}` }
  const response = await fetch(url, { headers })
  assert.deepEqual([response.status, response.headers.get('content-type')?.split(';')[0]], [200, 'text/event-stream'])
  assert.match(await response.text(), /^data: 1\n\ndata: 2\n\n/)
  assert.ok(Date.now() >= exp * 1000)
  const again = await fetch(url, { headers })
  assert.equal(again.status, 401)
  server.close()
  server.closeAllConnections()
}

await Promise.all(servers.map(check))
await validator.close()
await issuer.close()
