const assert = require('node:assert/strict')
const { createMockIssuer } = require('@tollgate/mock-issuer')
const { scopes, tollgate } = require('@tollgate/fastify')
const { fastify } = require('fastify')

async function main() {
  const issuer = await createMockIssuer()
  const app = fastify()
  await app.register(tollgate, issuer.validatorOptions)
  // Fastify takes what `require` gives for a module as well.
  await app.register(async (scope) => {
    await scope.register(require('@tollgate/fastify'), issuer.validatorOptions)
  })
  app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => request.auth.subject)

  const token = await issuer.accessToken({ scope: 'read' })
  const good = await app.inject({ url: '/', headers: { Authorization: `Bearer ${token}` } })
  assert.equal(good.body, 'alice', 'Expected the subject alice')
  const bare = await app.inject('/')
  assert.equal(bare.statusCode, 401, `Expected 401 without a token, got ${bare.statusCode}`)

  await app.close()
  await issuer.close()
}

void main()
