import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { memoryRevocations } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './server.ts'

const issuer = await createMockIssuer()
const revocations = memoryRevocations()

async function open(): Promise<{ status: (method: string, path: string, token: string) => Promise<number> }> {
  const server = createApp({ ...issuer.validatorOptions, clock: Date.now, revocations }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    status: async (method, path, token) => {
      const headers = { authorization: `Bearer ${token}`, connection: 'close' }
      return (await fetch(`${origin}${path}`, { method, headers })).status
    },
  }
}

const [first, second] = [await open(), await open()]

/** The other server reads the log when it changes. */
async function becomes(expected: number, token: string): Promise<void> {
  while ((await second.status('GET', '/orders', token)) !== expected) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const seconds = Math.floor(Date.now() / 1000)
const scope = 'orders:read people:write'
const token = (sub: string, iat: number, client_id = 'phone') => issuer.accessToken({ sub, iat, client_id, scope })
const admin = await token('admin', seconds, 'console')

// One token.
const [one, other] = [await token('alice', seconds - 100), await token('alice', seconds - 99)]
assert.equal(await first.status('POST', '/sign-out', one), 204)
assert.equal(await first.status('GET', '/orders', one), 401)
await becomes(401, one)
assert.equal(await second.status('GET', '/orders', other), 200)

// All tokens of a person, and none that comes later.
assert.equal(await first.status('POST', '/people/alice/sign-out', admin), 204)
await becomes(401, other)
assert.equal(await first.status('GET', '/orders', await token('alice', seconds + 3)), 200)

// The tokens that a client got until a minute ago.
assert.equal(await first.status('POST', '/clients/phone/sign-out', admin), 204)
await becomes(401, await token('bob', seconds - 120))
assert.equal(await second.status('GET', '/orders', await token('bob', seconds - 10)), 200)

await issuer.close()
