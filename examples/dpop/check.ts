import assert from 'node:assert/strict'
import { WWWAuthenticateChallengeError } from 'openid-client'
import { createClient } from './client.ts'
import { start } from './start.ts'

const { issuer, audience, orders, stop } = await start()
const statuses: number[] = []
const owner = await createClient(issuer, audience, ({ status }) => void statuses.push(status))
const thief = await createClient(issuer, audience)

const response = await owner.call(orders)
const { for: clientId, key } = (await response.json()) as { readonly for: string; readonly key: string }
assert.equal(clientId, 'orders-app')
assert.match(key, /^[\w-]{43}$/)
await owner.call(orders)
assert.deepEqual(statuses, [401, 200, 200])

await assert.rejects(thief.call(orders, owner.token), WWWAuthenticateChallengeError)
const withoutProof = await fetch(orders, { headers: { Authorization: `Bearer ${owner.token}` } })
assert.equal(withoutProof.status, 401)
assert.match(withoutProof.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token".*, DPoP .*algs="/)
await stop()
