import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './server.ts'

const issuer = await createMockIssuer()
const server = createApp(issuer.validatorOptions).listen(0, '127.0.0.1')
await once(server, 'listening')
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function call(method: string, path: string, details: readonly object[]): Promise<Response> {
  const token = await issuer.accessToken({ authorization_details: details })
  return fetch(`${api}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
}

const payment = {
  type: 'payment_initiation',
  identifier: 'p-1',
  actions: ['initiate'],
  instructedAmount: { currency: 'EUR', amount: '123.50' },
}

const listed = await call('GET', '/payments', [payment, { type: 'other' }])
assert.deepEqual([listed.status, await listed.json()], [200, ['p-1']])
assert.equal((await call('GET', '/payments', [{ type: 'other' }])).status, 403)

const paid = await call('POST', '/payments', [payment])
assert.deepEqual([paid.status, await paid.json()], [201, { limit: 123.5 }])
// The rights of two elements do not add up.
const { actions: _actions, ...withoutActions } = payment
const { instructedAmount: _amount, ...withoutAmount } = payment
assert.equal((await call('POST', '/payments', [withoutActions, withoutAmount])).status, 403)

const account = (id: string, ...actions: readonly string[]): object => ({
  type: 'account_information',
  actions,
  locations: [`https://bank.example/accounts/${id}`],
})
assert.equal((await call('GET', '/accounts/7', [account('7', 'read')])).status, 200)
assert.equal((await call('GET', '/accounts/7', [account('8', 'read'), account('7', 'list')])).status, 403)

assert.equal((await call('GET', '/accounts', [account('7', 'list')])).status, 200)
const refused = await call('GET', '/accounts', [])
const challenge = refused.headers.get('www-authenticate') ?? ''
const [, remedy = ''] = /error="insufficient_authorization".*authorization_remediation="([^"]*)"/.exec(challenge) ?? []
assert.equal(refused.status, 401)
assert.deepEqual(JSON.parse(Buffer.from(remedy, 'base64url').toString()), {
  authorization_details: [{ type: 'account_information', actions: ['list'] }],
  authorization_reference: 'account-list',
})

server.close()
await issuer.close()
