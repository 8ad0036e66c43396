import tollgate, { active, claims, scopes } from '@tollgate/fastify'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { earlyHooks, invalidOption, openApp, serve } from './app.ts'

type Auth = NonNullable<RouteOptions['config']>['auth']

const handler = async (request: FastifyRequest): Promise<string> => request.auth?.subject ?? 'nobody'

/** For each `config.auth`: the statuses with no token, an expired token, a token, and a token with the scope `read`. */
async function statusesOf(
  auths: readonly Auth[],
  prepare: (app: FastifyInstance) => void = () => undefined,
): Promise<readonly (readonly number[])[]> {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  prepare(app)
  for (const [index, auth] of auths.entries()) {
    app.get(`/${index}`, auth === undefined ? {} : { config: { auth } }, handler)
  }
  const send = await serve(app)
  const expired = await issuer.wrongToken('expired')
  const tokens = [undefined, expired, await issuer.accessToken(), await issuer.accessToken({ scope: 'read' })]
  const statusOf = async (path: string, token?: string): Promise<number> => (await send(path, { token })).status
  return Promise.all(auths.map((_, index) => Promise.all(tokens.map((token) => statusOf(`/${index}`, token)))))
}

test('config.auth of a route is public, optional, or a list of guards', async () => {
  const never = claims(() => false, 'never')
  expect(await statusesOf([undefined, false, 'optional', true, [], scopes('read'), [scopes('read'), never]])).toEqual([
    [200, 200, 200, 200],
    [200, 200, 200, 200],
    [200, 401, 200, 200],
    [401, 401, 200, 200],
    [401, 401, 200, 200],
    [401, 401, 403, 200],
    [401, 401, 403, 403],
  ])
})

test('a route of a protected scope can be public or optional', async () => {
  const protectAll = (app: FastifyInstance): void => void app.addHook('onRequest', app.protect())
  expect(await statusesOf([undefined, false, 'optional', true, scopes('read')], protectAll)).toEqual([
    [401, 401, 200, 200],
    [200, 200, 200, 200],
    [200, 401, 200, 200],
    [401, 401, 200, 200],
    [401, 401, 403, 200],
  ])
  const demandRead = (app: FastifyInstance): void => void app.addHook('onRequest', app.protect(scopes('read')))
  expect(await statusesOf(['optional', true], demandRead)).toEqual([
    [200, 401, 403, 200],
    [401, 401, 403, 200],
  ])
})

test.each([
  ['a word', 'required'],
  ['an empty text', ''],
  ['null', null],
  ['zero', 0],
  ['undefined', undefined],
  ['an object', { scopes: ['read'] }],
  ['a function', () => true],
  ['a list with a word in it', [scopes('read'), 'read']],
  ['a list of lists', [[[scopes('read')]]]],
  ['active() without introspection', active({ within: '5s' })],
])('%s as config.auth is a TypeError when the route is defined', async (_what, auth) => {
  const app = openApp()
  await app.register(tollgate, (await openIssuer()).validatorOptions)
  const define = app.get as (path: string, options: unknown, handler: unknown) => unknown
  expect(() => define.call(app, '/', { config: { auth } }, handler)).toThrow(expect.objectContaining(invalidOption))
})

test.each(earlyHooks)(
  'a public or optional route with app.protect() as %s is a TypeError when the route is defined',
  async (hook) => {
    const app = openApp()
    await app.register(tollgate, (await openIssuer()).validatorOptions)
    await app.register(async (scope) => {
      await scope.register(tollgate, (await openIssuer()).validatorOptions)
      for (const protect of [app.protect(), scope.protect(), [scope.protect.optional()]]) {
        for (const auth of [false, 'optional'] as const) {
          const both = { config: { auth }, [hook]: protect }
          expect(() => scope.get('/', both, handler)).toThrow(expect.objectContaining(invalidOption))
          expect(() => app.get('/', both, handler)).toThrow(expect.objectContaining(invalidOption))
        }
      }
    })
    expect.assertions(12)
  },
)

test('a route that is defined before the plugin has loaded is protected', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(tollgate, issuer.validatorOptions)
  app.get('/', { config: { auth: scopes('read') } }, handler)
  app.get('/wrong', { config: { auth: 'required' as 'optional' } }, handler)
  app.get('/undefined', { config: { auth: undefined as unknown as true } }, handler)
  app.register(async (scope) => void scope.get('/within', { config: { auth: scopes('read') } }, handler))
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const path of ['/', '/within']) {
    for (const method of ['GET', 'HEAD']) {
      expect((await send(path, { method })).status, path).toBe(401)
      expect((await send(path, { method, token: await issuer.accessToken() })).status, path).toBe(403)
      expect((await send(path, { method, token })).status, path).toBe(200)
    }
  }
  // The plugin could not check these routes when they were defined.
  expect((await send('/wrong', { token })).status).toBe(500)
  expect((await send('/undefined', { token })).status).toBe(500)
})

test('each route that Fastify derives from one definition is protected', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const config = { auth: scopes('read') }
  app.route({ method: ['GET', 'POST'], url: '/several', config, handler })
  app.get('/versions', { constraints: { version: '1.0.0' }, config: { auth: false } }, handler)
  app.get('/versions', { constraints: { version: '2.0.0' }, config }, handler)
  await app.register(async (scope) => void scope.get('/', { config }, handler), { prefix: '/prefix' })
  const send = await serve(app)
  for (const path of ['/several', '/prefix', '/prefix/']) {
    expect((await send(path)).status, path).toBe(401)
    expect((await send(path, { method: 'HEAD' })).status, path).toBe(401)
  }
  expect((await send('/several', { method: 'POST' })).status).toBe(401)
  expect((await send('/versions', { headers: [['Accept-Version', '1.x']] })).status).toBe(200)
  expect((await send('/versions', { headers: [['Accept-Version', '2.x']] })).status).toBe(401)
})

test('a route that another onRoute hook changes or copies is protected, and an inherited config is a mistake', async () => {
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
  expect(() => app.get('/class', { config: new Config() }, handler)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
  const send = await serve(app)
  for (const path of ['/late', '/one', '/copy']) {
    expect((await send(path)).status, path).toBe(401)
    expect((await send(path, { token: await issuer.accessToken() })).status, path).toBe(403)
    expect((await send(path, { token: await issuer.accessToken({ scope: 'read' }) })).body, path).toBe('alice')
  }
})
