import tollgate, { active, clientSecretBasic, createValidator, scopes, trustedIssuer } from '@tollgate/fastify'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { aMistake, asking, formHeader, openApp } from './asking.ts'

const reports = 'https://reports.example'

test('what an issuer can serve is asked of the nearest', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (inner) => {
    const client = clientSecretBasic(issuer.client.id, issuer.client.secret)
    const introspecting = trustedIssuer(issuer.url, { introspection: { client } })
    await inner.register(tollgate, { ...issuer.validatorOptions, issuer: introspecting })
    inner.get('/', { config: { auth: active({ within: '5s' }) } }, async (request) => inner.auth(request).subject)
  })
  const ask = await asking(app)
  expect((await ask('/', { token: await issuer.accessToken() })).body).toBe('alice')
  await issuer.close()
})

test('each of two siblings judges by its own options', async () => {
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
  const ask = await asking(app)
  const forReports = await issuer.accessToken({ aud: reports })
  for (const route of ['hook', 'config']) {
    expect((await ask(`/orders/${route}`)).challenges).toEqual(['Bearer realm="orders"'])
    expect((await ask(`/reports/${route}`)).challenges).toEqual(['Bearer realm="reports"'])
    expect((await ask(`/orders/${route}`, { token: forReports })).status).toBe(401)
    expect((await ask(`/reports/${route}`, { token: forReports })).body).toBe(`["${reports}"]`)
  }
})

test('a scope within a protected one judges by its own options, and the outer ones hold', async () => {
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
      inner.get('/told', { onRequest: inner.protect() }, async (request) => request.auth === inner.auth(request))
      inner.get('/neither', async (request) => outer.auth(request).audience)
      inner.get('/public', { config: { auth: false } }, async () => 'public')
      inner.get('/optional', { config: { auth: 'optional' } }, async () => 'optional')
    })
  })
  const ask = await asking(app)
  const both = [audience, reports]
  const tokens = [audience, reports, both].map((aud) => issuer.accessToken({ aud }))
  const [forOuter, forInner, forBoth] = await Promise.all(tokens)
  for (const path of ['/hook', '/config']) {
    expect((await ask(path)).status, path).toBe(401)
    expect((await ask(path, { token: forOuter })).status, path).toBe(401)
    expect((await ask(path, { token: forInner })).status, path).toBe(401)
    expect((await ask(path, { token: forBoth })).body, path).toBe(JSON.stringify(both))
  }
  expect((await ask('/told', { token: forBoth })).body, 'request.auth is the inner token').toBe('true')
  for (const path of ['/outer', '/neither']) {
    expect((await ask(path, { token: forOuter })).status, path).toBe(200)
    expect((await ask(path, { token: forInner })).status, path).toBe(401)
  }
  for (const path of ['/public', '/optional']) {
    expect((await ask(path)).status, 'open within is not open without').toBe(401)
  }
  expect((await ask('/public', { token: forOuter })).status).toBe(200)
  expect((await ask('/optional', { token: forOuter })).status).toBe(401)
  expect((await ask('/optional', { token: forBoth })).status).toBe(200)
})

test('a route in the inner scope that was defined before its plugin has loaded is judged by the inner options', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.register(async (inner) => {
    inner.register(tollgate, { ...issuer.validatorOptions, audience: reports })
    inner.get('/', { config: { auth: scopes('read') } }, async (request) => request.auth?.audience)
  })
  const ask = await asking(app)
  expect((await ask('/', { token: await issuer.accessToken({ scope: 'read' }) })).status).toBe(401)
  expect((await ask('/', { token: await issuer.accessToken({ aud: reports }) })).status).toBe(403)
  expect((await ask('/', { token: await issuer.accessToken({ aud: reports, scope: 'read' }) })).status).toBe(200)
})

test('a scope that was there before the plugin is protected by it, and one with a plugin of its own by that', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(async (scope) => void scope.get('/before', { config: { auth: true } }, async () => 'ok'))
  app.register(async (scope) => {
    scope.register(tollgate, { ...issuer.validatorOptions, audience: reports, formBody: 'accepted' })
    scope.get('/own', { config: { auth: true } }, async (request) => request.auth?.audience)
  })
  app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  const ask = await asking(app)
  for (const headers of [[], [formHeader]]) {
    expect((await ask('/before', { headers })).status).toBe(401)
    expect((await ask('/own', { headers })).status).toBe(401)
    expect((await ask('/before', { headers, token: await issuer.accessToken() })).status).toBe(200)
    expect((await ask('/own', { headers, token: await issuer.accessToken() })).status).toBe(401)
    expect((await ask('/own', { headers, token: await issuer.accessToken({ aud: reports }) })).status).toBe(200)
  }
})

test('somebody else’s `protect` in a scope within does not take the protection away', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (scope) => {
    scope.decorate('protect', (() => async () => undefined) as unknown as typeof app.protect)
    scope.get('/', { config: { auth: scopes('read') } }, async () => 'ok')
    const wrong = { config: { auth: 'required' as 'optional' } }
    expect(() => scope.get('/wrong', wrong, async () => 'ok')).toThrow(expect.objectContaining(aMistake))
  })
  const ask = await asking(app)
  expect((await ask('/')).status).toBe(401)
  expect((await ask('/', { token: await issuer.accessToken() })).status).toBe(403)
})

test('where the name is taken by another plugin, ours is beside', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.decorate('auth', () => {
    throw new Error('it is another’s')
  })
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect() }, async (request) => app.protect.auth(request).subject)
  const ask = await asking(app)
  expect((await ask('/', { token: await issuer.accessToken() })).body).toBe('alice')
})

test('twice in one scope is a TypeError', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await expect(async () => app.register(tollgate, issuer.validatorOptions)).rejects.toThrow(
    expect.objectContaining(aMistake),
  )
})

test('what the plugin has made it closes with the app', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const { validator } = app.protect
  const request = { method: 'GET', url: '/', headers: [['Authorization', `Bearer ${await issuer.accessToken()}`]] }
  const judged = (): Promise<unknown> => validator.authenticate(request as Parameters<typeof validator.authenticate>[0])
  await expect(judged()).resolves.toMatchObject({ subject: 'alice' })
  await app.close()
  await expect(judged()).rejects.toThrow()
})

test('a validator that was given stays open', async () => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const refusals of ['respond', 'throw'] as const) {
    const app = openApp()
    await app.register(tollgate, { validator, errors: refusals })
    expect(app.protect.validator).toBe(validator)
    app.get('/', { config: { auth: scopes('read') } }, async (request) => request.auth?.subject)
    const ask = await asking(app)
    expect((await ask('/', { token })).body).toBe('alice')
    await app.close()
  }
  await validator.close()
})
