import tollgate, { createValidator, scopes, type Validator } from '@tollgate/fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { aMistake, asking, openApp } from './asking.ts'

type Asked = Parameters<Validator['authenticateOptional']>[0]

test('protects a route, and tells its handler the token', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => ({
    subject: app.auth(request).subject,
    isTheSame: request.auth === app.auth(request),
  }))
  const ask = await asking(app)

  const without = await ask('/')
  expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api", scope="read"']])
  expect((await ask('/', { token: await issuer.wrongToken('expired') })).status).toBe(401)
  expect((await ask('/', { token: await issuer.accessToken() })).status).toBe(403)
  const { status, body } = await ask('/', { token: await issuer.accessToken({ scope: 'read' }) })
  expect([status, body]).toEqual([200, '{"subject":"alice","isTheSame":true}'])
})

test('protects a whole scope, and none of its siblings', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.protect(scopes('read')))
    scope.get('/closed', async () => 'closed')
    await scope.register(async (within) => void within.get('/within', async () => 'within'))
  })
  await app.register(async (sibling) => void sibling.get('/open', async (request) => ({ auth: request.auth })))
  const ask = await asking(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const path of ['/closed', '/within']) {
    expect((await ask(path)).status, path).toBe(401)
    expect((await ask(path, { token: await issuer.accessToken() })).status, path).toBe(403)
    expect((await ask(path, { token })).status, path).toBe(200)
  }
  // Whatever is presented to a public route is not looked at, and not believed.
  for (const sent of [{}, { token }, { token: 'nonsense' }]) {
    const { status, body } = await ask('/open', sent)
    expect([status, body]).toEqual([200, '{}'])
  }
})

test.each(['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const)('works in %s', async (hook) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let handled = 0
  app.all('/', { [hook]: [app.protect(), app.protect(scopes('read'))] }, async (request) => {
    handled += 1
    return app.auth(request).subject
  })
  const ask = await asking(app)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']) {
    const sent = { method, body: '' }
    expect((await ask('/', sent)).challenges, method).toHaveLength(1)
    expect((await ask('/', { ...sent, token: await issuer.accessToken() })).status, method).toBe(403)
  }
  expect(handled).toBe(0)
  const { body } = await ask('/', { method: 'POST', body: '', token: await issuer.accessToken({ scope: 'read' }) })
  expect([body, handled]).toEqual(['alice', 1])
})

test('protection twice on one request judges the token once', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  let authenticated = 0
  const authenticateOptional = (request: Asked): ReturnType<Validator['authenticateOptional']> => {
    authenticated += 1
    return validator.authenticateOptional(request)
  }
  const app = openApp()
  await app.register(tollgate, { validator: { ...validator, authenticateOptional } })
  app.addHook('onRequest', app.protect())
  const twice = { onRequest: app.protect(), preHandler: app.protect(scopes('read')) }
  app.get('/', { ...twice, config: { auth: scopes('read') } }, async (request) => request.auth?.subject)
  const ask = await asking(app)
  expect((await ask('/', { token: await issuer.accessToken({ scope: 'read' }) })).body).toBe('alice')
  expect(authenticated).toBe(1)
})

test('an optional route has a token or none, and never a bad one', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect.optional(scopes('read')) }, async (request) => ({
    auth: request.auth?.subject ?? 'nobody',
    optional: app.protect.optional.auth(request)?.subject ?? 'nobody',
  }))
  const ask = await asking(app)
  expect((await ask('/')).body).toBe('{"auth":"nobody","optional":"nobody"}')
  const token = await issuer.accessToken({ scope: 'read' })
  expect((await ask('/', { token })).body).toBe('{"auth":"alice","optional":"alice"}')
  expect((await ask('/', { token: await issuer.wrongToken('expired') })).status).toBe(401)
  expect((await ask('/', { token: await issuer.accessToken() })).status).toBe(403)
})

test('asking for the token of a route without protection is a mistake that shows', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const seen: unknown[] = []
  app.setErrorHandler((error, _request, reply) => {
    seen.push(error)
    return reply.code(500).send('mine')
  })
  // What others put there is not believed.
  app.addHook('onRequest', async (request) => void Object.assign(request, { auth: { subject: 'mallory' } }))
  app.get('/unguarded', async (request) => app.auth(request).subject)
  app.get('/unguarded/optional', async (request) => app.protect.optional.auth(request)?.subject)
  app.get('/optional', { onRequest: app.protect.optional() }, async (request) => app.auth(request).subject)
  const ask = await asking(app)
  for (const path of ['/unguarded', '/unguarded/optional']) {
    expect((await ask(path, { token: await issuer.accessToken() })).status, path).toBe(500)
  }
  expect((await ask('/optional')).status).toBe(500)
  expect(seen).toEqual([expect.any(TypeError), expect.any(TypeError), expect.any(TypeError)])
})

test('a header that a hook sets or removes counts', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', async ({ headers }) => {
    if (headers['x-strip'] !== undefined) {
      delete headers.authorization
    } else if (headers.cookie !== undefined) {
      headers.authorization = `Bearer ${headers.cookie.replace('token=', '')}`
    }
  })
  app.get('/', { onRequest: app.protect() }, async () => 'ok')
  const ask = await asking(app)
  const token = await issuer.accessToken()
  expect((await ask('/', { headers: [['Cookie', `token=${token}`]] })).status).toBe(200)
  expect((await ask('/', { token, headers: [['X-Strip', '1']] })).status).toBe(401)
})

const trust = { issuer: 'https://as.example', audience: 'api' }

test.each([
  ['a misspelt option', { ...trust, audiences: 'api' }],
  ['an unknown word', { ...trust, errors: 'ignore' }],
  ['no audience', { issuer: trust.issuer }],
  ['an option of the validator beside one', { ...trust, validator: createValidator(trust) }],
  ['what is no validator', { validator: {} }],
  ['null for a validator', { ...trust, validator: null }],
])('%s rejects when the plugin is registered', async (_what, options) => {
  const app = openApp()
  await expect(async () => app.register(tollgate, options as typeof trust)).rejects.toThrow(
    expect.objectContaining(aMistake),
  )
})
