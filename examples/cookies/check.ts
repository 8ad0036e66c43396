import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import { createApp, createAppBehindAccess } from './server.ts'

const issuer = await createMockIssuer({ port: 'none' })
const token = await issuer.accessToken({ scope: 'orders:read orders:write' })
const session = { cookie: `theme=dark; __Host-token=${token}` }

async function call(app: Express, method: string, headers: Record<string, string>): Promise<Response> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`, { method, headers })
  server.close()
  return response
}

const app = createApp(issuer.validatorOptions)
assert.equal((await call(app, 'GET', {})).status, 401)
assert.deepEqual(await (await call(app, 'GET', session)).json(), { for: 'alice' })

// A page of another site can make the browser send the cookie.
const foreign = await call(app, 'POST', { ...session, origin: 'https://evil.example' })
assert.equal(foreign.status, 403)
assert.equal(
  foreign.headers.get('www-authenticate'),
  'Bearer realm="api", error="insufficient_scope", error_description="The access token does not permit this request"',
)
assert.equal((await call(app, 'POST', session)).status, 403)
assert.equal((await call(app, 'POST', { ...session, origin: 'https://app.example.com' })).status, 201)
assert.equal((await call(app, 'POST', { authorization: `Bearer ${token}` })).status, 201)
assert.equal((await call(app, 'GET', { ...session, authorization: 'Bearer another' })).status, 400)

const behind = createAppBehindAccess(issuer.validatorOptions)
assert.equal((await call(behind, 'POST', { 'cf-access-jwt-assertion': token })).status, 200)
assert.equal((await call(behind, 'POST', { authorization: `Bearer ${token}` })).status, 401)
await issuer.close()
