import assert from 'node:assert/strict'
import { clientSecretBasic, createValidator, isRefusal, trustedIssuer } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createConsumer } from './consumer.ts'
import { authenticateSockets, type Socket } from './socket.ts'

const issuer = await createMockIssuer({ port: 'none' })
const client = clientSecretBasic(issuer.client.id, issuer.client.secret)
const validator = createValidator({
  ...issuer.validatorOptions,
  issuer: trustedIssuer(issuer.url, { introspection: { client } }),
})
const token = await issuer.accessToken({ scope: 'orders:write live' })

// A queue.
const saved: string[] = []
const consume = createConsumer(validator, async (order, by) => void saved.push(`${order} by ${by}`))
assert.equal(await consume({ token, order: 'tea' }), 'done')
for (const wrong of [undefined, '', 7, 'a b', await issuer.accessToken(), await issuer.wrongToken('expired')]) {
  assert.equal(await consume({ token: wrong, order: 'milk' }), 'dead-letter')
}
issuer.misbehave('introspection', { status: 503 })
assert.equal(await consume({ token: 'opaque', order: 'milk' }), 'retry')
assert.deepEqual(saved, ['tea by alice'])

// A socket.
const authenticate = authenticateSockets(validator)
async function connect(auth: Socket['handshake']['auth']): Promise<Error | string | undefined> {
  const socket: Socket = { handshake: { auth }, data: {} }
  const results: (Error | undefined)[] = []
  await authenticate(socket, (error) => void results.push(error))
  assert.equal(results.length, 1)
  return results[0] ?? socket.data.token?.subject
}
assert.equal(await connect({ token }), 'alice')
assert.ok(isRefusal(await connect({})))
assert.ok(isRefusal(await connect({ token: await issuer.wrongToken('expired') })))
assert.equal(String(await connect({ token: 'opaque' })), 'Error: Try again later')

await validator.close()
await issuer.close()
