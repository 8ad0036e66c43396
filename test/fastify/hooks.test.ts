/** `app.protect()` as a hook of a route or of a scope. */
import tollgate, { defineGuard, Refusal, scopes } from '@tollgate/fastify'
import { expect, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { openIssuer } from '../harness/reference.ts'
import { earlyHooks, openApp, serve } from './app.ts'

test.each(earlyHooks)('app.protect() as %s protects a route for every method', async (hook) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let handled = 0
  app.all('/', { [hook]: [app.protect(), app.protect(scopes('read'))] }, async (request) => {
    handled += 1
    return [app.auth(request).subject, request.auth === app.auth(request)]
  })
  const send = await serve(app)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']) {
    const sent = { method, body: '' }
    expect((await send('/', sent)).challenges, method).toHaveLength(1)
    expect((await send('/', { ...sent, token: await issuer.accessToken() })).status, method).toBe(403)
  }
  expect(handled).toBe(0)
  const { body } = await send('/', { method: 'POST', body: '', token: await issuer.accessToken({ scope: 'read' }) })
  expect([body, handled]).toEqual(['["alice",true]', 1])
})

test('a hook of a scope protects its routes and inner scopes, and not its siblings', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.protect(scopes('read')))
    scope.get('/closed', async () => 'closed')
    await scope.register(async (inner) => void inner.get('/inner', async () => 'inner'))
  })
  await app.register(async (sibling) => void sibling.get('/open', async (request) => ({ auth: request.auth })))
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const path of ['/closed', '/inner']) {
    expect((await send(path)).status, path).toBe(401)
    expect((await send(path, { token: await issuer.accessToken() })).status, path).toBe(403)
    expect((await send(path, { token })).status, path).toBe(200)
  }
  for (const sent of [{}, { token }, { token: 'garbage' }]) {
    expect(await send('/open', sent), 'a public route ignores credentials').toMatchObject({ status: 200, body: '{}' })
  }
})

test('a scope that is protected as a whole authenticates before it responds with 404', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', app.protect())
  app.post('/there', async () => 'ok')
  app.setNotFoundHandler(async (request, reply) => reply.code(404).send(`no ${app.auth(request).subject}`))
  const send = await serve(app)
  const token = await issuer.accessToken()
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['GET', '/there'],
    ['OPTIONS', '/there'],
    ['HEAD', '/'],
  ] as const) {
    expect((await send(path, { method })).status, `${method} ${path}`).toBe(401)
    expect((await send(path, { method, token })).status, `${method} ${path}`).toBe(404)
  }
  expect((await send('/', { token })).body).toBe('no alice')
})

test('a request.auth of another plugin is neither used nor left in place', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', async (request) => void Object.assign(request, { auth: { subject: 'mallory' } }))
  const optional = { onRequest: app.protect.optional() }
  app.get('/unguarded', async (request) => app.auth(request).subject)
  app.get('/unguarded/optional', async (request) => app.protect.optional.auth(request)?.subject)
  app.get('/optional', optional, async (request) => ({ auth: request.auth }))
  app.get('/strict', optional, async (request) => app.auth(request).subject)
  const send = await serve(app)
  for (const path of ['/unguarded', '/unguarded/optional']) {
    expect((await send(path, { token: await issuer.accessToken() })).status, path).toBe(500)
  }
  expect((await send('/optional')).body).toBe('{}')
  expect((await send('/strict')).status, 'app.auth() throws without a token').toBe(500)
})

test('a header that a hook sets or removes counts', async () => {
  const issuer = await openIssuer()
  const token = await issuer.accessToken()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', async ({ url, headers }) => {
    if (url === '/set') {
      headers.authorization = `Bearer ${token}`
    } else {
      delete headers.authorization
    }
  })
  app.get('/*', { onRequest: app.protect() }, async () => 'ok')
  const send = await serve(app)
  expect((await send('/set')).status).toBe(200)
  expect((await send('/removed', { token })).status).toBe(401)
})

test('inject() gets the same responses as a socket', async () => {
  const issuer = await openIssuer()
  const refusals = messagesOn('tollgate:refusal')
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect(scopes('read')) }, async () => 'ok')
  const { statusCode, headers, body } = await app.inject('/')
  expect([statusCode, headers['www-authenticate'], body]).toEqual([401, 'Bearer realm="api", scope="read"', '{}'])
  // The types of inject() permit only strings, but it accepts a list of header lines.
  const statusOf = async (authorization: string | readonly string[]): Promise<number> =>
    (await app.inject({ url: '/', headers: { authorization: authorization as string } })).statusCode
  const good = `Bearer ${await issuer.accessToken({ scope: 'read' })}`
  const bad = `Bearer ${await issuer.wrongToken('expired')}`
  expect(await statusOf(good)).toBe(200)
  expect(await statusOf(`Bearer ${await issuer.accessToken()}`)).toBe(403)
  expect(await statusOf(bad)).toBe(401)
  expect(await statusOf('Bearer')).toBe(400)
  for (const lines of [
    [good, bad],
    [bad, good],
    [good, good],
    ['Basic YTpi', good],
    [good, 'Basic YTpi'],
  ]) {
    expect(await statusOf(lines)).toBe(400)
    expect(refusals.at(-1)?.refusal.reason).toBe('repeated-credentials')
  }
})

test('a guard of the application sees the parameters and the options of the route', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const seen: unknown[] = []
  const own = defineGuard({
    check: ({ subject }, { native }) => {
      seen.push([native?.routeOptions.url, native?.method])
      return subject === native?.params['owner'] ? 'pass' : new Refusal({ reason: 'not-yours' })
    },
  })
  app.get('/hook/:owner', { onRequest: app.protect(own) }, async () => 'ok')
  app.get('/config/:owner', { config: { auth: own } }, async () => 'ok')
  const send = await serve(app)
  const token = await issuer.accessToken()
  for (const path of ['/hook', '/config']) {
    expect((await send(`${path}/alice`, { token })).status).toBe(200)
    expect((await send(`${path}/bob`, { token })).status).toBe(403)
    expect((await send(`${path}/alice`)).status, 'a guard never runs without a token').toBe(401)
  }
  expect(seen).toEqual(['/hook', '/hook', '/config', '/config'].map((path) => [`${path}/:owner`, 'GET']))
})
