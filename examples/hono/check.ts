import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { subscribe } from '@tollgate/hono'
import { expectProtected } from '@tollgate/hono/testing'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { Hono } from 'hono'
import { createApp, createStrictApp } from './server.ts'
import { app as threeLines } from './three-lines.ts'

const issuer = await createMockIssuer({ port: 'none' })
const errors: string[] = []
const app = createApp(issuer.validatorOptions, ({ message }) => errors.push(message))

async function call(request: string, claims?: Record<string, unknown>): Promise<Response> {
  const [method = 'GET', path = '/'] = request.split(' ')
  const headers = new Headers({ origin: 'https://app.example.com' })
  if (claims !== undefined) {
    headers.set('authorization', `Bearer ${await issuer.accessToken(claims)}`)
  }
  return app.request(path, { method, headers })
}

function challengeOf(response: Response): readonly [number, string | null] {
  return [response.status, response.headers.get('www-authenticate')]
}

function lacking(scope: string): string {
  return `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="${scope}"`
}

// Without credentials every path behind protect() gets the same response, and so does a path without a route.
for (const request of ['GET /orders', 'HEAD /orders', 'POST /admin/restart', 'GET /unknown']) {
  const response = await call(request)
  assert.deepEqual(challengeOf(response), [401, 'Bearer realm="api"'])
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.equal(response.headers.get('access-control-expose-headers'), 'WWW-Authenticate')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(await response.text(), request.startsWith('HEAD') ? '' : '{}')
}

// Two layers of protect() validate the token once.
let validations = 0
const unsubscribe = subscribe('tollgate:verdict', () => (validations += 1))
const orders = await call('GET /orders', { scope: 'orders:read' })
assert.deepEqual([orders.status, await orders.json(), validations], [200, { for: 'alice' }, 1])
unsubscribe()

assert.equal((await call('HEAD /orders', { scope: 'orders:read' })).status, 200)
assert.deepEqual(await (await call('GET /me', {})).json(), { subject: 'alice' })
assert.deepEqual(challengeOf(await call('GET /orders', {})), [403, lacking('orders:read')])
assert.deepEqual(challengeOf(await call('HEAD /orders', {})), [403, lacking('orders:read')])
assert.deepEqual(challengeOf(await call('GET /admin/clients', { scope: 'orders:read' })), [403, lacking('admin')])
assert.deepEqual(await (await call('GET /admin/clients', { scope: 'admin' })).json(), ['client-1'])
assert.equal((await call('GET /unknown', {})).status, 404)
assert.deepEqual(challengeOf(await call('GET /orders', { exp: 1 })), [
  401,
  'Bearer realm="api", error="invalid_token", error_description="The access token has expired"',
])

assert.deepEqual(await (await call('GET /catalogue')).json(), { prices: 'list' })
assert.deepEqual(await (await call('GET /catalogue', {})).json(), { prices: 'for alice' })
assert.equal((await call('GET /catalogue', { exp: 1 })).status, 401)

const preflight = await app.request('/orders', {
  method: 'OPTIONS',
  headers: {
    origin: 'https://app.example.com',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  },
})
assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-headers')], [204, 'authorization'])

// The error of a handler goes to `onError`.
assert.deepEqual(errors, [])
assert.deepEqual(challengeOf(await call('POST /admin/restart', { scope: 'admin' })), [500, null])
assert.deepEqual(errors, ['Not on a Friday'])

// The same app in a server of Node. It leaves the global `Request` as it is, because other checks share this process.
async function callServed({ fetch: handler }: Pick<Hono, 'fetch'>, path: string, token?: string): Promise<Response> {
  const server = serve({ fetch: handler, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false })
  await once(server, 'listening')
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers })
  server.close()
  return response
}

const alice = await issuer.accessToken({ scope: 'orders:read' })
await expectProtected(app, { except: ['/catalogue'] })

const strict = createStrictApp(issuer.validatorOptions)
assert.deepEqual(challengeOf(await callServed(app, '/orders')), [401, 'Bearer realm="api"'])
assert.deepEqual(await (await callServed(app, '/orders', alice)).json(), { for: 'alice' })
const ownError = await callServed(strict, '/')
assert.deepEqual(challengeOf(ownError), [401, 'Bearer realm="api"'])
assert.deepEqual(await ownError.json(), { title: 'The request carries no credentials', status: 401 })
assert.deepEqual(await (await callServed(strict, '/', alice)).json(), { for: 'alice' })
assert.deepEqual(challengeOf(await callServed(threeLines, '/orders')), [401, 'Bearer realm="api"'])

issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('2h')
const unavailable = await call('GET /orders', { scope: 'orders:read' })
assert.deepEqual(challengeOf(unavailable), [503, null])
assert.match(unavailable.headers.get('retry-after') ?? '', /^\d+$/)
const down = await callServed(strict, '/', await issuer.accessToken())
assert.deepEqual([down.status, down.headers.has('retry-after')], [503, true])
assert.deepEqual(await down.json(), { title: 'Try again later', status: 503 })

await issuer.close()
