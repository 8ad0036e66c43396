/** Mistakes that would leave a route open. Each throws a `TypeError` when the app starts, or leaves the route closed. */
// oxlint-disable typescript/await-thenable -- to await a hook is one of the mistakes
import tollgate, { scopes } from '@tollgate/fastify'
import type { FastifyInstance, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { earlyHooks, invalidOption, openApp, serve } from './app.ts'

const handler = async (): Promise<string> => 'secret'
const mistake = expect.objectContaining(invalidOption)
const lateHooks = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

type Define = (path: string, options: unknown, handler?: unknown) => unknown
type AddHook = (name: string, hook: unknown) => unknown

async function openProtectedApp(): Promise<FastifyInstance> {
  const app = openApp()
  await app.register(tollgate, (await openIssuer()).validatorOptions)
  return app
}

/** Defines a route with options that the types can exclude. */
function define(app: FastifyInstance, options: unknown, path = '/'): unknown {
  return (app.get as Define).call(app, path, options, handler)
}

function addHook(app: FastifyInstance, name: string, hook: unknown): unknown {
  return (app.addHook as AddHook).call(app, name, hook)
}

test.each(lateHooks)('app.protect() as %s is a TypeError, because the handler has run by then', async (name) => {
  const app = await openProtectedApp()
  for (const hook of [app.protect(), app.protect.optional()]) {
    expect(() => define(app, { [name]: hook }), 'a route').toThrow(mistake)
    expect(() => define(app, { [name]: [async () => undefined, hook] }), 'a list').toThrow(mistake)
    expect(() => addHook(app, name, hook), 'a scope').toThrow(mistake)
  }
  await app.register(async (scope) => {
    expect(() => addHook(scope, name, app.protect()), 'a scope within').toThrow(mistake)
  })
  expect.assertions(7)
})

test('app.protect() as a hook of the application is a TypeError, because it never sees a request', async () => {
  const app = await openProtectedApp()
  for (const name of ['onRoute', 'onRegister', 'onReady', 'onListen', 'onClose', 'preClose']) {
    expect(() => addHook(app, name, app.protect()), name).toThrow(mistake)
  }
})

test('app.protect() of a scope within, as onSend of a scope around, refuses once and does not loop', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(async (scope) => {
    await scope.register(tollgate, issuer.validatorOptions)
    app.addHook('onSend', scope.protect())
  })
  app.get('/', handler)
  const send = await serve(app)
  expect(await send('/')).toMatchObject({ status: 401, body: '{}' })
  expect(await send('/', { token: await issuer.accessToken() })).toMatchObject({ status: 200, body: 'secret' })
})

test.each([...earlyHooks, ...lateHooks])('app.protect without a call as %s is a TypeError', async (name) => {
  const app = await openProtectedApp()
  const { protect } = app
  for (const factory of [protect, protect.optional, protect.unless, protect.auth, protect.optional.auth, app.auth]) {
    expect(() => define(app, { [name]: factory })).toThrow(mistake)
    expect(() => define(app, { [name]: [factory] })).toThrow(mistake)
    expect(() => addHook(app, name, factory)).toThrow(mistake)
  }
})

test('app.protect as the handler of a route is a TypeError', async () => {
  const app = await openProtectedApp()
  for (const wrong of [app.protect, app.protect(), app.protect.optional()]) {
    expect(() => (app.get as Define).call(app, '/', wrong)).toThrow(mistake)
    expect(() => (app.route as (route: unknown) => unknown)({ method: 'GET', url: '/', handler: wrong })).toThrow(
      mistake,
    )
  }
  // The habit of Express.
  expect(() => define(app, app.protect())).toThrow(TypeError)
})

test('app.protect(…) in a handler or a hook is a TypeError, and the route stays closed', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let disclosed = 0
  const disclose = (): string => `secret ${(disclosed += 1)}`
  app.get('/bare', async () => {
    app.protect(scopes('read'))
    return disclose()
  })
  app.get('/awaited', async () => {
    // @ts-expect-error -- a hook cannot be awaited
    await app.protect(scopes('read'))
    return disclose()
  })
  app.get('/called', async (request, reply) => {
    await app.protect(scopes('read'))(request, reply)
    return disclose()
  })
  app.get('/unless', async (request, reply) => {
    await app.protect.unless('/nowhere')(request, reply)
    return disclose()
  })
  app.get('/optional', async (request, reply) => {
    await app.protect.optional()(request, reply)
    return disclose()
  })
  const preHandler = async (): Promise<void> => void app.protect()
  app.get('/hook', { preHandler }, async () => disclose())
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const path of ['/bare', '/awaited', '/called', '/optional', '/unless', '/hook']) {
    expect((await send(path)).status, path).toBe(500)
    expect((await send(path, { token })).status, path).toBe(500)
  }
  expect(disclosed).toBe(0)
})

test('an awaited app.protect(…) is a TypeError when the app starts, too', async () => {
  const app = await openProtectedApp()
  // @ts-expect-error -- a hook cannot be awaited
  await expect(async () => app.addHook('onRequest', await app.protect())).rejects.toThrow(TypeError)
})

test('app.protect(…) before the registration has loaded is a TypeError', async () => {
  const app = openApp()
  app.register(tollgate, (await openIssuer()).validatorOptions)
  expect(() => app.protect()).toThrow(TypeError)
  await app.register(async (scope) => void scope.register(tollgate, (await openIssuer()).validatorOptions))
})

const misspelt: readonly (readonly [name: string, config: object])[] = [
  ['auht', { auht: scopes('read') }],
  ['auth in another case', { Auth: true }],
  ['a letter too few', { aut: true }],
  ['a letter too many', { auths: 'optional' }],
  ['a wrong letter', { auty: true }],
  ['protect', { protect: true }],
  ['protect with guards', { protect: [scopes('read')] }],
  ['scopes', { scopes: ['read'] }],
  ['scope', { scope: 'read' }],
  ['guards', { guards: [] }],
  ['a guard under a foreign name', { policy: scopes('read') }],
  ['a list with a guard under a foreign name', { rules: ['a', scopes('read')] }],
  ['a guard beside auth', { auth: true, policy: scopes('read') }],
]

test.each(misspelt)('the config of a route with %s is a TypeError', async (_what, config) => {
  const app = await openProtectedApp()
  expect(() => define(app, { config })).toThrow(mistake)
  expect(() => define(app, { config, onRequest: app.protect() })).toThrow(mistake)
  await app.register(async (scope) => {
    scope.addHook('onRequest', scope.protect())
    expect(() => define(scope, { config })).toThrow(mistake)
  })
  expect.assertions(3)
})

test('the config of a route from before the registration has the same mistakes, and the route stays closed', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(tollgate, issuer.validatorOptions)
  for (const [index, [, config]] of misspelt.entries()) {
    define(app, { config }, `/${index}`)
  }
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  for (const [index, [name]] of misspelt.entries()) {
    expect((await send(`/${index}`, { token })).status, name).toBe(500)
  }
})

test('members of other plugins in the config are no mistake', async () => {
  const app = await openProtectedApp()
  const config = { rateLimit: { max: 1 }, path: '/', auto: true, author: 'alice', openapi: {}, cache: false, hash: 'a' }
  app.get('/foreign', { config }, handler)
  app.get('/beside', { config: { auth: true, scopes: ['of another plugin'], protected: true } }, handler)
  const send = await serve(app)
  expect((await send('/foreign')).status).toBe(200)
  expect((await send('/beside')).status).toBe(401)
})

const replacements: readonly (readonly [name: string, replace: (route: RouteOptions) => unknown])[] = [
  ['replaces the config', (route) => (route.config = { rateLimit: 1 } as object)],
  ['replaces the config by undefined', (route) => ((route as { config?: unknown }).config = undefined)],
  ['assigns a config', (route) => Object.assign(route, { config: {} })],
  ['redefines the config', (route) => Object.defineProperty(route, 'config', { value: {} })],
  ['deletes the config', (route) => delete route.config],
  ['replaces auth', (route) => (route.config = { ...route.config, auth: false })],
  ['changes auth', (route) => ((route.config as { auth: unknown }).auth = false)],
  ['removes auth', (route) => delete (route.config as { auth?: unknown }).auth],
]

test.each(replacements)('a later onRoute hook that %s is a TypeError', async (_what, replace) => {
  const app = await openProtectedApp()
  app.addHook('onRoute', (route) => void replace(route))
  for (const auth of [true, scopes('read'), [scopes('read')], 'optional'] as const) {
    expect(() => app.get('/', { config: { auth } }, handler)).toThrow(TypeError)
  }
})

test('a later onRoute hook can add members to the config', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, copied: 1 } as object
    Object.assign(route.config, { assigned: 2 })
  })
  await app.register(
    async (scope) => {
      scope.get('/', { config: { auth: scopes('read') } }, async ({ routeOptions }) => routeOptions.config)
    },
    { prefix: '/added' },
  )
  const send = await serve(app)
  for (const path of ['/added', '/added/']) {
    expect((await send(path)).status).toBe(401)
    expect((await send(path, { method: 'HEAD' })).status).toBe(401)
    const { body } = await send(path, { token: await issuer.accessToken({ scope: 'read' }) })
    expect(JSON.parse(body)).toMatchObject({ copied: 1, assigned: 2, method: 'GET' })
  }
})

test('a route with guards in its config is closed, in a scope without the registration too', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.get('/before', { config: { auth: scopes('read') } }, handler)
  await app.register(async (scope) => {
    // This plugin lacks fastify-plugin.
    await scope.register(tollgate, issuer.validatorOptions)
    scope.get('/inside', { config: { auth: scopes('read') } }, handler)
  })
  await app.register(async (sibling) => void sibling.get('/sibling', { config: { auth: [scopes('read')] } }, handler))
  app.get('/public', handler)
  app.get('/foreign', { config: { auth: true } }, handler)
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  expect((await send('/inside', { token })).status).toBe(200)
  expect((await send('/inside')).status).toBe(401)
  for (const path of ['/before', '/sibling']) {
    expect((await send(path)).status, path).toBe(500)
    expect((await send(path, { token })).status, path).toBe(500)
  }
  for (const path of ['/public', '/foreign']) {
    expect((await send(path)).status, 'no guard of Tollgate is here').toBe(200)
  }
})

test('a plugin that uses fastify-plugin registers for the scope around it', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.register(fastifyPlugin(async (scope) => void scope.register(tollgate, issuer.validatorOptions)))
  app.get('/', { config: { auth: scopes('read') } }, handler)
  app.register(async (routes) => void routes.get('/later', { onRequest: routes.protect() }, handler))
  const send = await serve(app)
  expect((await send('/')).status).toBe(401)
  expect((await send('/', { token: await issuer.accessToken({ scope: 'read' }) })).status).toBe(200)
  expect((await send('/later')).status).toBe(401)
})
