import tollgate, { active, clientSecretBasic, createValidator, scopes, trustedIssuer } from '@tollgate/fastify'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { invalidOption, serve, formHeader, openApp } from './app.ts'

const reports = 'https://reports.example'

test('active() is checked against the issuers of the nearest scope', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (inner) => {
    const client = clientSecretBasic(issuer.client.id, issuer.client.secret)
    const introspecting = trustedIssuer(issuer.url, { introspection: { client } })
    await inner.register(tollgate, { ...issuer.validatorOptions, issuer: introspecting })
    inner.get('/', { config: { auth: active({ within: '5s' }) } }, async (request) => inner.auth(request).subject)
  })
  const send = await serve(app)
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('alice')
  await issuer.close()
})

test('two sibling scopes validate with their own options', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  for (const [prefix, aud] of [
    ['/orders', audience],
    ['/reports', reports],
  ] as const) {
    await app.register(
      async (scope) => {
        await scope.register(tollgate, { ...issuer.validatorOptions, audience: aud, realm: prefix.slice(1) })
        scope.get('/hook', { onRequest: scope.protect() }, async (request) => scope.auth(request).audience)
        scope.get('/config', { config: { auth: true } }, async (request) => request.auth?.audience)
      },
      { prefix },
    )
  }
  const send = await serve(app)
  const forReports = await issuer.accessToken({ aud: reports })
  for (const route of ['hook', 'config']) {
    expect((await send(`/orders/${route}`)).challenges).toEqual(['Bearer realm="orders"'])
    expect((await send(`/reports/${route}`)).challenges).toEqual(['Bearer realm="reports"'])
    expect((await send(`/orders/${route}`, { token: forReports })).status).toBe(401)
    expect((await send(`/reports/${route}`, { token: forReports })).body).toBe(`["${reports}"]`)
  }
})

test('a scope inside a protected scope validates with its own options as well', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (outer) => {
    outer.addHook('onRequest', outer.protect())
    outer.get('/outer', { config: { auth: true } }, async (request) => outer.auth(request).audience)
    await outer.register(async (inner) => {
      await inner.register(tollgate, { ...issuer.validatorOptions, audience: reports })
      inner.get('/hook', { onRequest: inner.protect() }, async (request) => inner.auth(request).audience)
      inner.get('/config', { config: { auth: true } }, async (request) => inner.auth(request).audience)
      inner.get('/same', { onRequest: inner.protect() }, async (request) => request.auth === inner.auth(request))
      inner.get('/neither', async (request) => outer.auth(request).audience)
      inner.get('/public', { config: { auth: false } }, async () => 'public')
      inner.get('/optional', { config: { auth: 'optional' } }, async () => 'optional')
    })
  })
  const send = await serve(app)
  const both = [audience, reports]
  const tokens = [audience, reports, both].map((aud) => issuer.accessToken({ aud }))
  const [forOuter, forInner, forBoth] = await Promise.all(tokens)
  for (const path of ['/hook', '/config']) {
    expect((await send(path)).status, path).toBe(401)
    expect((await send(path, { token: forOuter })).status, path).toBe(401)
    expect((await send(path, { token: forInner })).status, path).toBe(401)
    expect((await send(path, { token: forBoth })).body, path).toBe(JSON.stringify(both))
  }
  expect((await send('/same', { token: forBoth })).body, 'request.auth is the inner token').toBe('true')
  for (const path of ['/outer', '/neither']) {
    expect((await send(path, { token: forOuter })).status, path).toBe(200)
    expect((await send(path, { token: forInner })).status, path).toBe(401)
  }
  for (const path of ['/public', '/optional']) {
    expect((await send(path)).status, 'the outer scope is protected').toBe(401)
  }
  expect((await send('/public', { token: forOuter })).status).toBe(200)
  expect((await send('/optional', { token: forOuter })).status).toBe(401)
  expect((await send('/optional', { token: forBoth })).status).toBe(200)
})

test('a route that was defined before the plugin of its scope has loaded uses the options of that plugin', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.register(async (inner) => {
    inner.register(tollgate, { ...issuer.validatorOptions, audience: reports })
    inner.get('/', { config: { auth: scopes('read') } }, async (request) => request.auth?.audience)
  })
  const send = await serve(app)
  expect((await send('/', { token: await issuer.accessToken({ scope: 'read' }) })).status).toBe(401)
  expect((await send('/', { token: await issuer.accessToken({ aud: reports }) })).status).toBe(403)
  expect((await send('/', { token: await issuer.accessToken({ aud: reports, scope: 'read' }) })).status).toBe(200)
})

test('a scope that was registered before the plugin is protected by the nearest plugin', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(async (scope) => void scope.get('/before', { config: { auth: true } }, async () => 'ok'))
  app.register(async (scope) => {
    scope.register(tollgate, { ...issuer.validatorOptions, audience: reports, formBody: 'accepted' })
    scope.get('/own', { config: { auth: true } }, async (request) => request.auth?.audience)
  })
  app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  const send = await serve(app)
  for (const headers of [[], [formHeader]]) {
    expect((await send('/before', { headers })).status).toBe(401)
    expect((await send('/own', { headers })).status).toBe(401)
    expect((await send('/before', { headers, token: await issuer.accessToken() })).status).toBe(200)
    expect((await send('/own', { headers, token: await issuer.accessToken() })).status).toBe(401)
    expect((await send('/own', { headers, token: await issuer.accessToken({ aud: reports }) })).status).toBe(200)
  }
})

test('a decorator protect of another plugin does not disable config.auth', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (scope) => {
    scope.decorate('protect', (() => async () => undefined) as unknown as typeof app.protect)
    scope.get('/', { config: { auth: scopes('read') } }, async () => 'ok')
    const wrong = { config: { auth: 'required' as 'optional' } }
    expect(() => scope.get('/wrong', wrong, async () => 'ok')).toThrow(expect.objectContaining(invalidOption))
  })
  const send = await serve(app)
  expect((await send('/')).status).toBe(401)
  expect((await send('/', { token: await issuer.accessToken() })).status).toBe(403)
})

test('app.protect.auth() works when another plugin has taken app.auth', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.decorate('auth', () => {
    throw new Error('this is another plugin')
  })
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect() }, async (request) => app.protect.auth(request).subject)
  const send = await serve(app)
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('alice')
})

test('registering the plugin twice in one scope is a TypeError', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await expect(async () => app.register(tollgate, issuer.validatorOptions)).rejects.toThrow(
    expect.objectContaining(invalidOption),
  )
})

test('the plugin closes its own validator with the app', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const { validator } = app.protect
  const request = { method: 'GET', url: '/', headers: [['Authorization', `Bearer ${await issuer.accessToken()}`]] }
  const authenticated = (): Promise<unknown> =>
    validator.authenticate(request as Parameters<typeof validator.authenticate>[0])
  await expect(authenticated()).resolves.toMatchObject({ subject: 'alice' })
  await app.close()
  await expect(authenticated()).rejects.toThrow()
})

test('the plugin does not close a validator that it was given', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const errors of ['respond', 'throw'] as const) {
    const app = openApp()
    await app.register(tollgate, { validator, errors })
    expect(app.protect.validator).toBe(validator)
    app.get('/', { config: { auth: scopes('read') } }, async (request) => request.auth?.subject)
    const send = await serve(app)
    expect((await send('/', { token })).body).toBe('alice')
    await app.close()
  }
  await validator.close()
})
