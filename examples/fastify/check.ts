import assert from 'node:assert/strict'
import { expectProtected } from '@tollgate/fastify/testing'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import {
  createApp,
  createAppBesideOthers,
  createAppOfTenants,
  createAppOfTwo,
  createAppWithExceptions,
  createAppWithKeys,
  createConfiguredApp,
  createStrictApp,
} from './server.ts'
import { app as threeLines } from './three-lines.ts'

const issuer = await createMockIssuer({ port: 'none' })
const options = issuer.validatorOptions

function call(app: FastifyInstance, url: string, token?: string): Promise<LightMyRequestResponse> {
  return app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
}

const alice = await issuer.accessToken({ sub: 'alice', scope: 'orders:read' })
const app = await createApp(options)
const refused = await call(app, '/orders')
assert.equal(refused.statusCode, 401)
assert.equal(refused.headers['www-authenticate'], 'Bearer realm="api", scope="orders:read"')
assert.deepEqual((await call(app, '/orders', alice)).json(), { for: 'alice' })
assert.equal((await call(app, '/orders', await issuer.accessToken())).statusCode, 403)
assert.deepEqual((await call(app, '/catalogue')).json(), { prices: 'list' })
assert.deepEqual((await call(app, '/catalogue', alice)).json(), { prices: 'for alice' })
assert.equal((await call(app, '/catalogue', await issuer.wrongToken('expired'))).statusCode, 401)

const configured = await createConfiguredApp(options)
assert.equal((await call(configured, '/about')).statusCode, 200)
assert.equal((await call(configured, '/health')).statusCode, 200)
assert.equal((await call(configured, '/me')).statusCode, 401)
const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' }
assert.equal((await configured.inject({ method: 'OPTIONS', url: '/me', headers: preflight })).statusCode, 204)
assert.deepEqual((await call(configured, '/me', alice)).json(), { subject: 'alice' })
assert.equal((await call(configured, '/orders', await issuer.accessToken())).statusCode, 403)
assert.deepEqual((await call(configured, '/orders', alice)).json(), { for: 'alice' })
await expectProtected(configured, { except: ['/about', '/health'] })

const strict = await createStrictApp(options)
const ownError = await call(strict, '/orders')
assert.deepEqual(ownError.json(), { title: 'The request carries no credentials', status: 401 })
assert.equal(ownError.headers['www-authenticate'], 'Bearer realm="api"')
assert.deepEqual((await call(strict, '/orders', alice)).json(), { for: 'alice' })

const reports = 'https://reports.example'
const two = await createAppOfTwo(options, { ...options, audience: reports })
const reporter = await issuer.accessToken({ sub: 'bob', aud: reports })
assert.deepEqual((await call(two, '/orders', alice)).json(), { orders: 'alice' })
assert.deepEqual((await call(two, '/reports', reporter)).json(), { reports: 'bob' })
assert.equal((await call(two, '/reports', alice)).statusCode, 401)
assert.equal((await call(two, '/orders', reporter)).statusCode, 401)

const tenants = await createAppOfTenants(options)
const acme = await issuer.accessToken({ tenant: 'acme' })
assert.equal((await call(tenants, '/tenants/acme/orders', acme)).statusCode, 200)
assert.equal((await call(tenants, '/tenants/other/orders', acme)).statusCode, 403)

const exceptions = await createAppWithExceptions(options)
assert.equal((await call(exceptions, '/health')).statusCode, 200)
assert.equal((await call(exceptions, '/docs/start')).statusCode, 200)
assert.equal((await call(exceptions, '/nothing')).statusCode, 401)
assert.deepEqual((await call(exceptions, '/orders', alice)).json(), { for: 'alice' })

const keys = await createAppWithKeys(options, 'key')
const withKey = { url: '/orders', headers: { 'x-api-key': 'key' } }
assert.equal((await keys.inject(withKey)).statusCode, 200)
assert.equal((await call(keys, '/orders', alice)).statusCode, 200)
assert.equal((await call(keys, '/orders')).headers['www-authenticate'], 'Bearer realm="api"')

const beside = await createAppBesideOthers(options)
assert.deepEqual((await call(beside, '/orders', alice)).json(), { for: 'alice' })
assert.equal((await call(beside, '/orders')).statusCode, 401)

assert.equal((await call(threeLines, '/orders')).statusCode, 401)
await Promise.all(
  [app, configured, strict, two, tenants, exceptions, keys, beside, threeLines].map((one) => one.close()),
)
await issuer.close()
