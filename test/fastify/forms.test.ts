import formBody from '@fastify/formbody'
import tollgate, { scopes } from '@tollgate/fastify'
import type { MockIssuer } from '@tollgate/mock-issuer'
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { listening } from '../harness/listening.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { type Asking, asking, form, formHeader, openApp, protectedBy, ways } from './asking.ts'

const reports = 'https://reports.example'

/** An app that hands each way of protection the path of that name. */
async function serveWays(app: FastifyInstance, issuer: MockIssuer): Promise<(path: string) => number> {
  const handled: string[] = []
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  for (const way of ways) {
    await app.register(async (scope) => {
      scope.all(`/${way}`, protectedBy(scope, way, scopes('read')), async (request) => {
        handled.push(way)
        return app.auth(request).subject
      })
    })
  }
  return (path) => handled.filter((way) => path === `/${way}`).length
}

test.each(ways.filter((way) => way !== 'preParsing'))('a form may carry the token, with %s', async (way) => {
  const issuer = await openIssuer()
  const refusals = listening('tollgate:refusal')
  const app = openApp()
  await app.register(formBody)
  const handled = await serveWays(app, issuer)
  const ask = await asking(app)
  const path = `/${way}`
  const good = await issuer.accessToken({ scope: 'read' })
  expect(await ask(path, form({ access_token: good }))).toMatchObject({ status: 200, body: 'alice' })
  expect(handled(path)).toBe(1)

  const statusOf = async (sent: Asking): Promise<number> => (await ask(path, sent)).status
  expect(await statusOf(form({ other: 'field' }))).toBe(401)
  expect(await statusOf(form({ access_token: await issuer.wrongToken('expired') }))).toBe(401)
  expect(await statusOf(form({ access_token: await issuer.accessToken() }))).toBe(403)
  expect(await statusOf({ ...form({ access_token: good }), token: good })).toBe(400)
  expect(await statusOf({ ...form({}), body: `access_token=${good}&access_token=${good}` })).toBe(400)
  expect(refusals.map(({ refusal }) => refusal.reason)).toEqual([
    'no-credentials',
    'expired',
    'missing-scope',
    'repeated-credentials',
    'repeated-credentials',
  ])
  expect(handled(path)).toBe(1)
})

test('where bodies are about to be parsed forms are not looked at', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await serveWays(app, issuer)
  const ask = await asking(app)
  const good = await issuer.accessToken({ scope: 'read' })
  expect((await ask('/preParsing', form({ access_token: good }))).status).toBe(401)
  expect((await ask('/preParsing', { ...form({ a: 'b' }), token: good })).status).toBe(200)
})

test('what answers before bodies are parsed is behind the judgement of forms too', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.addHook('onRequest', app.protect())
  app.addHook('onRequest', async (request, reply) => reply.send(app.auth(request).subject))
  app.all('/', async () => 'never')
  const ask = await asking(app)
  for (const method of ['GET', 'POST', 'DELETE']) {
    for (const token of [undefined, 'garbage']) {
      expect((await ask('/', { method, token, headers: [formHeader], body: '' })).status, method).toBe(401)
    }
  }
  expect((await ask('/', form({ access_token: await issuer.accessToken() }))).body).toBe('alice')
})

test.each(ways)('a request that says it has a form and has none is no way in, with %s', async (way) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  const handled = await serveWays(app, issuer)
  const ask = await asking(app)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) {
    for (const headers of [[formHeader], [['Content-Type', 'APPLICATION/X-WWW-FORM-URLENCODED ;x'] as const]]) {
      expect((await ask(`/${way}`, { method, headers, body: '' })).status, method).toBe(401)
    }
  }
  expect((await ask(`/${way}?access_token=${await issuer.accessToken()}`, { headers: [formHeader] })).status).toBe(401)
  expect(handled(`/${way}`)).toBe(0)
})

test.each(ways)('without a parser of forms there is no way in either, with %s', async (way) => {
  const issuer = await openIssuer()
  const app = openApp()
  const handled = await serveWays(app, issuer)
  const ask = await asking(app)
  const good = await issuer.accessToken({ scope: 'read' })
  // Where forms are not looked at, the token is missing before the parser is.
  expect((await ask(`/${way}`, form({ access_token: good }))).status).toBe(way === 'preParsing' ? 401 : 415)
  expect((await ask(`/${way}`, { headers: [formHeader] })).status).toBe(401)
  expect(handled(`/${way}`)).toBe(0)
  expect((await ask(`/${way}`, { token: good, headers: [formHeader] })).status).toBe(200)
})

test('a form that is not asked for carries no token', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, issuer.validatorOptions)
  for (const hook of ['onRequest', 'preHandler']) {
    app.post(`/${hook}`, { [hook]: app.protect() }, async () => 'ok')
  }
  const ask = await asking(app)
  for (const path of ['/onRequest', '/preHandler']) {
    expect((await ask(path, form({ access_token: await issuer.accessToken() }))).status, path).toBe(401)
  }
})

test('an outer scope and an inner one both judge the form', async () => {
  const issuer = await openIssuer()
  const options = { ...issuer.validatorOptions, formBody: 'accepted' } as const
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, options)
  let handled = 0
  const handler = async (): Promise<string> => {
    handled += 1
    return 'ok'
  }
  app.addHook('onRequest', app.protect())
  await app.register(async (inner) => {
    await inner.register(tollgate, { ...options, audience: reports })
    inner.post('/hook', { onRequest: inner.protect() }, handler)
    inner.post('/late', { preHandler: inner.protect() }, handler)
    inner.post('/config', { config: { auth: true } }, handler)
  })
  await app.register(async (inner) => {
    await inner.register(tollgate, { ...options, audience: reports, formBody: 'ignored' })
    inner.post('/ignored', { onRequest: inner.protect() }, handler)
  })
  const ask = await asking(app)
  const tokens = [[audience], [reports], [audience, reports]].map((aud) => issuer.accessToken({ aud }))
  const [forOuter = '', forInner = '', forBoth = ''] = await Promise.all(tokens)
  for (const path of ['/hook', '/late', '/config', '/ignored']) {
    expect((await ask(path, form({ access_token: forOuter }))).status, path).toBe(401)
    expect((await ask(path, form({ access_token: forInner }))).status, path).toBe(401)
  }
  expect((await ask('/ignored', form({ access_token: forBoth }))).status).toBe(401)
  expect(handled).toBe(0)
  for (const path of ['/hook', '/late', '/config']) {
    expect((await ask(path, form({ access_token: forBoth }))).status, path).toBe(200)
  }
  expect((await ask('/ignored', { ...form({}), token: forBoth })).status).toBe(200)
})

test('neither routes from before the plugin nor changed copies of routes are a way in', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  const handler = async (): Promise<string> => 'ok'
  app.route({ method: ['GET', 'POST'], url: '/before', config: { auth: true }, handler })
  app.after(() => {
    app.addHook('onRoute', (route) => {
      delete route.preValidation
      if (route.url === '/one') {
        app.post('/copy', { config: route.config ?? {}, onRequest: app.protect() }, handler)
      }
    })
    app.post('/one', { onRequest: app.protect() }, handler)
    app.addHook('preValidation', async (request) => void app.auth(request))
  })
  const ask = await asking(app)
  for (const path of ['/before', '/one', '/copy']) {
    expect((await ask(path, form({ a: 'b' }))).status, path).toBe(401)
    expect((await ask(path, form({ access_token: await issuer.accessToken() }))).status, path).toBe(200)
  }
  expect((await ask('/before', { headers: [formHeader] })).status).toBe(401)
})

test('what is not there is refused, whatever the form', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.addHook('onRequest', app.protect())
  const ask = await asking(app)
  expect((await ask('/nowhere', form({ a: 'b' }))).status).toBe(401)
  expect((await ask('/nowhere', { headers: [formHeader] })).status).toBe(401)
  expect((await ask('/nowhere', form({ access_token: await issuer.accessToken() }))).status).toBe(404)
})
