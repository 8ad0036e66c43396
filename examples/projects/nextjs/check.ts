import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createMockIssuer } from '@tollgate/mock-issuer'

const issuer = await createMockIssuer()
const next = spawn(
  process.execPath,
  ['node_modules/next/dist/bin/next', 'start', '--port', '0', '--hostname', '127.0.0.1'],
  {
    env: { ...process.env, ISSUER: issuer.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)

/** Next.js prints the URL of the server. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout ?? process.stdin })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (url !== undefined) {
      return url
    }
  }
  throw new Error('Next.js has not started')
}

const url = await urlOf(next)
next.stdout.resume()
const reader = await issuer.accessToken({ scope: 'orders:read' })

async function call(path: string, token?: string, init: RequestInit = {}): Promise<readonly unknown[]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${url}${path}`, { ...init, headers })
  return [response.status, response.headers.get('www-authenticate'), await response.json()]
}

const lacking =
  'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope"'
const description = { error: 'insufficient_scope', error_description: 'The access token lacks a required scope' }

assert.deepEqual(await call('/api/orders', reader), [200, null, { for: 'alice' }])
assert.deepEqual(await call('/api/orders/7', reader), [200, null, { id: '7', for: 'alice' }])
assert.deepEqual(await call('/api/orders', reader, { method: 'POST', body: '{"tea":1}' }), [
  403,
  `${lacking}, scope="orders:write"`,
  description,
])
const writer = await issuer.accessToken({ scope: 'orders:write' })
assert.deepEqual(await call('/api/orders', writer, { method: 'POST', body: '{"tea":1}' }), [
  201,
  null,
  { order: { tea: 1 }, by: 'alice' },
])
for (const path of ['/api/orders', '/api/orders/7', '/api/unprotected', '/api/unknown']) {
  assert.deepEqual(await call(path), [401, 'Bearer realm="api"', {}])
}
assert.equal((await call('/api/unprotected', reader))[0], 200)

next.kill()
await once(next, 'exit')
await issuer.close()
