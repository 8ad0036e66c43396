import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp as createExpressApp } from './express.ts'
import { createApp as createFastifyApp } from './fastify.ts'
import { describeOperations } from './operations.ts'

const issuer = await createMockIssuer({ port: 'none' })
const bearer = (...names: readonly string[]): object => ({ bearer: names })

/** The `security` of each operation of a document. */
function securityOf(document: unknown): object {
  const { paths } = document as { paths: Record<string, Record<string, { security: unknown }>> }
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security }]) => [`${method} ${path}`, security] as const),
  )
  return Object.fromEntries(operations)
}

const server = createExpressApp(issuer.validatorOptions).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const ofExpress: unknown = await (await fetch(`${origin}/openapi.json`)).json()
assert.deepEqual(securityOf(ofExpress), {
  'get /health': [],
  'get /orders': [bearer('orders:read'), bearer('orders:write')],
  'post /orders': [bearer('orders:write')],
})
assert.equal((await fetch(`${origin}/health`)).status, 200)
assert.equal((await fetch(`${origin}/orders`)).status, 401)
server.close()

assert.deepEqual(securityOf(describeOperations(issuer.validatorOptions)), {
  'get /health': [],
  'get /orders': [bearer('orders:read')],
})

const app = await createFastifyApp(issuer.validatorOptions)
const ofFastify: unknown = (await app.inject('/openapi.json')).json()
assert.deepEqual(securityOf(ofFastify), {
  'get /health': [],
  'get /me': [bearer()],
  'get /orders': [bearer('orders:read')],
})
assert.equal((await app.inject('/health')).statusCode, 200)
assert.equal((await app.inject('/me')).statusCode, 401)
await app.close()
await issuer.close()
