import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { Refusal, scopes } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createWithAuth } from './with-auth.ts'

const issuer = await createMockIssuer()
process.env['ISSUER'] = issuer.url
const { validator } = await import('./validator.ts')
const { getOrders } = await import('./handler.ts')
const withAuth = createWithAuth(validator)
const GET = withAuth(scopes('orders:read'))((_request, token) => Response.json({ for: token.subject }))
const POST = withAuth(scopes('orders:write'))(async (request, token) => {
  const order = await request.json()
  return Response.json({ order, by: token.subject }, { status: 201 })
})
/** Frameworks pass further arguments, such as the parameters of the route. */
const GET_ONE = withAuth(scopes('orders:read'))((_request, token, { id }: { readonly id: string }) =>
  Response.json({ id, for: token.subject }),
)

const url = 'https://api.example.com/orders'

async function requestWith(scope: string, init?: RequestInit): Promise<Request> {
  const request = new Request(url, init)
  request.headers.set('authorization', `Bearer ${await issuer.accessToken({ scope })}`)
  return request
}

function challengeOf(response: Response): readonly [number, string | null] {
  return [response.status, response.headers.get('www-authenticate')]
}

for (const get of [getOrders, GET]) {
  assert.deepEqual(challengeOf(await get(new Request(url))), [401, 'Bearer realm="api", scope="orders:read"'])
}

// The issuer is down, and comes up again.
issuer.misbehave('jwks', { status: 503 })
const unavailable = await GET(await requestWith('orders:read'))
assert.deepEqual(challengeOf(unavailable), [503, null])
const seconds = Number(unavailable.headers.get('retry-after'))
assert.ok(seconds >= 1)
issuer.behave()
await setTimeout(seconds * 1000)

for (const get of [getOrders, GET]) {
  const response = await get(await requestWith('orders:read'))
  assert.deepEqual([response.status, await response.json()], [200, { for: 'alice' }])
  assert.deepEqual(challengeOf(await get(await requestWith('orders:write'))), [
    403,
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"',
  ])
}

const created = await POST(await requestWith('orders:write', { method: 'POST', body: '{"tea":1}' }))
assert.deepEqual([created.status, await created.json()], [201, { order: { tea: 1 }, by: 'alice' }])
const found = await GET_ONE(await requestWith('orders:read'), { id: '7' })
assert.deepEqual(await found.json(), { id: '7', for: 'alice' })

// withAuth does not catch the error of a handler, even if it is a Refusal.
await assert.rejects(POST(await requestWith('orders:write', { method: 'POST', body: 'tea' })), SyntaxError)
const refusing = withAuth()(() => {
  throw new Refusal({ reason: 'of-another-api' })
})
await assert.rejects(refusing(await requestWith('')), Refusal)

await validator.close()
await issuer.close()
