import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expectProtected } from '@tollgate/koa/testing'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type Koa from 'koa'
import { createApp, createStrictApp } from './server.ts'
import { app as threeLines } from './three-lines.ts'

const issuer = await createMockIssuer({ port: 'none' })

async function call(app: Koa, path: string, token?: string): Promise<Response> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers })
  server.close()
  return response
}

const alice = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
const app = createApp(issuer.validatorOptions)
const refused = await call(app, '/orders')
assert.equal(refused.status, 401)
assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="api", scope="orders:read"')
assert.equal(refused.headers.get('access-control-expose-headers'), 'WWW-Authenticate')
assert.deepEqual(await (await call(app, '/orders', alice)).json(), { for: 'alice' })
assert.equal((await call(app, '/orders', await issuer.accessToken())).status, 403)
assert.deepEqual(await (await call(app, '/catalogue')).json(), { prices: 'list' })
assert.deepEqual(await (await call(app, '/catalogue', alice)).json(), { prices: 'for alice' })
assert.equal((await call(app, '/catalogue', await issuer.wrongToken('expired'))).status, 401)
await expectProtected(app, { except: ['/catalogue'] })

const strict = createStrictApp(issuer.validatorOptions)
const ownError = await call(strict, '/')
assert.equal(ownError.headers.get('www-authenticate'), 'Bearer realm="api"')
assert.deepEqual(await ownError.json(), { title: 'The request carries no credentials', status: 401 })
assert.deepEqual(await (await call(strict, '/', alice)).json(), { for: 'alice' })
issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('3h')
const down = await call(strict, '/', await issuer.accessToken())
assert.deepEqual(await down.json(), { title: 'Try again later', status: 503 })
assert.equal(down.headers.has('retry-after'), true)
issuer.behave()

assert.equal((await call(threeLines, '/orders')).status, 401)
await issuer.close()
