import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './server.ts'

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

// Without credentials every path gets the same response, and so does a path without a route.
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
subscribe('tollgate:verdict', () => (validations += 1))
const orders = await call('GET /orders', { scope: 'orders:read' })
assert.deepEqual([orders.status, await orders.json(), validations], [200, { for: 'alice' }, 1])

assert.equal((await call('HEAD /orders', { scope: 'orders:read' })).status, 200)
assert.deepEqual(challengeOf(await call('GET /orders', {})), [403, lacking('orders:read')])
assert.deepEqual(challengeOf(await call('HEAD /orders', {})), [403, lacking('orders:read')])
assert.deepEqual(challengeOf(await call('GET /admin/clients', { scope: 'orders:read' })), [403, lacking('admin')])
assert.deepEqual(await (await call('GET /admin/clients', { scope: 'admin' })).json(), ['client-1'])
assert.equal((await call('GET /unknown', {})).status, 404)
assert.deepEqual(challengeOf(await call('GET /orders', { exp: 1 })), [
  401,
  'Bearer realm="api", error="invalid_token", error_description="The access token has expired"',
])

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

issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('2h')
const unavailable = await call('GET /orders', { scope: 'orders:read' })
assert.deepEqual(challengeOf(unavailable), [503, null])
assert.match(unavailable.headers.get('retry-after') ?? '', /^\d+$/)

await issuer.close()
