import tollgate, { active, claims, scopes } from '@tollgate/fastify'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { aMistake, asking, openApp } from './asking.ts'

type Auth = NonNullable<RouteOptions['config']>['auth']

const handler = async (request: { auth: { subject?: string | undefined } | undefined }): Promise<string> =>
  request.auth?.subject ?? 'nobody'

/** What is asked is answered without a token, with one, and with one that has the scope `read`. */
async function statusesOf(auth: Auth, prepare: (app: FastifyInstance) => void = () => undefined): Promise<number[]> {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  prepare(app)
  app.get('/', auth === undefined ? {} : { config: { auth } }, handler)
  const ask = await asking(app)
  const tokens = [undefined, await issuer.accessToken(), await issuer.accessToken({ scope: 'read' })]
  const answers = await Promise.all(tokens.map((token) => ask('/', { token })))
  expect((await ask('/', { token: await issuer.wrongToken('expired') })).status).toBe(
    answers[1]?.body === 'nobody' ? 200 : 401,
  )
  return answers.map(({ status }) => status)
}

test('a route demands what its config says', async () => {
  expect(await statusesOf(undefined)).toEqual([200, 200, 200])
  expect(await statusesOf(false)).toEqual([200, 200, 200])
  expect(await statusesOf('optional')).toEqual([200, 200, 200])
  expect(await statusesOf(true)).toEqual([401, 200, 200])
  expect(await statusesOf([])).toEqual([401, 200, 200])
  expect(await statusesOf(scopes('read'))).toEqual([401, 403, 200])
  expect(await statusesOf([scopes('read'), claims(() => false, 'nobody')])).toEqual([401, 403, 403])
})

test('in a scope that is protected as a whole a route may be public or optional all the same', async () => {
  const protectAll = (app: FastifyInstance): void => void app.addHook('onRequest', app.protect())
  expect(await statusesOf(undefined, protectAll)).toEqual([401, 200, 200])
  expect(await statusesOf('optional', protectAll)).toEqual([200, 200, 200])
  expect(await statusesOf(true, protectAll)).toEqual([401, 200, 200])
  expect(await statusesOf(scopes('read'), protectAll)).toEqual([401, 403, 200])
  expect(await statusesOf(false, protectAll)).toEqual([200, 200, 200])

  const demandRead = (app: FastifyInstance): void => void app.addHook('onRequest', app.protect(scopes('read')))
  expect(await statusesOf('optional', demandRead), 'guards are put to those who bring a token').toEqual([200, 403, 200])
  expect(await statusesOf(true, demandRead)).toEqual([401, 403, 200])
})

test.each([
  ['a word', 'required'],
  ['an empty text', ''],
  ['null', null],
  ['zero', 0],
  ['undefined, such as a guard that is not there', undefined],
  ['an object', { scopes: ['read'] }],
  ['a function', () => true],
  ['a list with a word in it', [scopes('read'), 'read']],
  ['a list of lists', [[[scopes('read')]]]],
  ['a guard that the issuer cannot serve', active({ within: '5s' })],
])('%s for auth is a TypeError when the route is defined', async (_what, auth) => {
  const app = openApp()
  await app.register(tollgate, (await openIssuer()).validatorOptions)
  const define = app.get as (path: string, options: unknown, handler: unknown) => unknown
  expect(() => define.call(app, '/', { config: { auth } }, handler)).toThrow(expect.objectContaining(aMistake))
})

test.each(['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const)(
  'public or optional, and protected by %s at once is a TypeError when the route is defined, by whichever protect',
  async (hook) => {
    const app = openApp()
    await app.register(tollgate, (await openIssuer()).validatorOptions)
    await app.register(async (scope) => {
      await scope.register(tollgate, (await openIssuer()).validatorOptions)
      for (const protect of [app.protect(), scope.protect(), [scope.protect.optional()]]) {
        for (const auth of [false, 'optional'] as const) {
          const both = { config: { auth }, [hook]: protect }
          expect(() => scope.get('/', both, handler)).toThrow(expect.objectContaining(aMistake))
          expect(() => app.get('/', both, handler)).toThrow(expect.objectContaining(aMistake))
        }
      }
    })
    expect.assertions(12)
  },
)

test('a route that is defined before the plugin has loaded is protected all the same', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(tollgate, issuer.validatorOptions)
  app.get('/', { config: { auth: scopes('read') } }, handler)
  app.get('/wrong', { config: { auth: 'required' as 'optional' } }, handler)
  app.get('/undefined', { config: { auth: undefined as unknown as true } }, handler)
  app.register(async (scope) => void scope.get('/within', { config: { auth: scopes('read') } }, handler))
  const ask = await asking(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const path of ['/', '/within']) {
    for (const method of ['GET', 'HEAD']) {
      expect((await ask(path, { method })).status, path).toBe(401)
      expect((await ask(path, { method, token: await issuer.accessToken() })).status, path).toBe(403)
      expect((await ask(path, { method, token })).status, path).toBe(200)
    }
  }
  // A mistake that was made too early to be told is still no way in.
  expect((await ask('/wrong', { token })).status).toBe(500)
  expect((await ask('/undefined', { token })).status).toBe(500)
})

test('every route that Fastify makes of one is protected', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const config = { auth: scopes('read') }
  app.route({ method: ['GET', 'POST'], url: '/several', config, handler })
  app.get('/versions', { constraints: { version: '1.0.0' }, config: { auth: false } }, handler)
  app.get('/versions', { constraints: { version: '2.0.0' }, config }, handler)
  await app.register(async (scope) => void scope.get('/', { config }, handler), { prefix: '/prefix' })
  const ask = await asking(app)
  for (const path of ['/several', '/prefix', '/prefix/']) {
    expect((await ask(path)).status, path).toBe(401)
    expect((await ask(path, { method: 'HEAD' })).status, path).toBe(401)
  }
  expect((await ask('/several', { method: 'POST' })).status).toBe(401)
  expect((await ask('/versions', { headers: [['Accept-Version', '1.x']] })).status).toBe(200)
  expect((await ask('/versions', { headers: [['Accept-Version', '2.x']] })).status).toBe(401)
})

test('what the hooks of others make of a route is protected', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  class Config {
    get auth(): ReturnType<typeof scopes> {
      return scopes('read')
    }
  }
  app.addHook('onRoute', (route) => {
    if (route.url === '/late') {
      route.config = { ...route.config, auth: scopes('read') }
    }
    if (route.url === '/one' && route.method === 'GET') {
      const { handler: same, config = {} } = route
      app.get('/copy', { config }, same)
    }
  })
  app.get('/late', handler)
  app.get('/one', { config: { auth: scopes('read') } }, handler)
  app.get('/class', { config: new Config() }, handler)
  const ask = await asking(app)
  for (const path of ['/late', '/one', '/copy', '/class']) {
    expect((await ask(path)).status, path).toBe(401)
    expect((await ask(path, { token: await issuer.accessToken() })).status, path).toBe(403)
    expect((await ask(path, { token: await issuer.accessToken({ scope: 'read' }) })).body, path).toBe('alice')
  }
})

test('a scope that is protected as a whole tells nobody what is not there', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRequest', app.protect())
  app.post('/there', handler)
  app.setNotFoundHandler(async (request, reply) => reply.code(404).send(`no ${app.auth(request).subject}`))
  const ask = await asking(app)
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['GET', '/there'],
    ['OPTIONS', '/there'],
    ['HEAD', '/'],
  ] as const) {
    expect((await ask(path, { method })).status, `${method} ${path}`).toBe(401)
    expect((await ask(path, { method, token: await issuer.accessToken() })).status, `${method} ${path}`).toBe(404)
  }
  expect((await ask('/', { token: await issuer.accessToken() })).body).toBe('no alice')
})

test('a preflight is a request like any other, unless it is to pass', async () => {
  const issuer = await openIssuer()
  const preflight = {
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://spa.example'],
      ['Access-Control-Request-Method', 'GET'],
    ],
  } as const
  for (const [preflights, status] of [
    ['authenticate', 401],
    ['skip', 200],
  ] as const) {
    const app = openApp()
    await app.register(tollgate, { ...issuer.validatorOptions, preflights })
    app.addHook('onRequest', app.protect())
    app.options('/', { config: { auth: true } }, handler)
    const ask = await asking(app)
    expect((await ask('/', preflight)).status).toBe(status)
    expect((await ask('/', { method: 'OPTIONS' })).status).toBe(401)
  }
})
