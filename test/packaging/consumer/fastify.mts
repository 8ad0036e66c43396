import '@tollgate/fastify/augment'
import assert from 'node:assert/strict'
import tollgate, { scopes } from '@tollgate/fastify'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { fastify } from 'fastify'

const issuer = await createMockIssuer()
const app = fastify()
await app.register(tollgate, issuer.validatorOptions)
app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) =>
  app.auth(request) === request.auth ? app.protect.auth(request).subject : 'another token',
)

const token = await issuer.accessToken({ scope: 'read' })
const good = await app.inject({ url: '/', headers: { Authorization: `Bearer ${token}` } })
assert.equal(good.body, 'alice', 'Expected the subject alice')
const bare = await app.inject('/')
assert.equal(bare.statusCode, 401, `Expected 401 without a token, got ${bare.statusCode}`)

await app.close()
await issuer.close()
