import cors from '@koa/cors'
import { Router } from '@koa/router'
import { createProtect, type Protect } from '@tollgate/koa'
import { expectProtected, type ExpectProtectedOptions } from '@tollgate/koa/testing'
import type Koa3 from 'koa'
import type { Middleware } from 'koa'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { versions } from '../koa/versions.ts'
import { faultsOf, trust } from './faults.ts'

const respond: Middleware = (ctx) => {
  ctx.body = { secret: true }
}

interface Scene {
  readonly app: Koa3
  readonly Koa: typeof Koa3
  readonly router: Router
  readonly protect: Protect
}

/** Each mistake leaves these routes open. */
const mistakes: Readonly<Record<string, readonly [build: (scene: Scene) => void, ...open: readonly string[]]>> = {
  'the protection comes after the router': [
    ({ app, router, protect }) => app.use(router.get('/orders', respond).routes()).use(protect()),
    'HEAD, GET /orders',
  ],
  'the router is protected after its routes': [
    ({ app, router, protect }) => app.use(router.get('/orders', respond).use(protect()).routes()),
    'HEAD, GET /orders',
  ],
  'a route has no protection': [
    ({ app, router, protect }) => {
      router.get('/orders', protect(), respond).post('/orders', respond)
      app.use(router.routes())
    },
    'POST /orders',
  ],
  'the path of router.use is misspelt': [
    ({ app, router, protect }) => app.use(router.use('/amdin', protect()).get('/admin/users', respond).routes()),
    'HEAD, GET /admin/users',
  ],
  'the path of mount is misspelt': [
    ({ app, router, protect }) => {
      app.use(mount('/amdin', protect())).use(router.get('/admin/users', respond).routes())
    },
    'HEAD, GET /admin/users',
  ],
  'mount distinguishes upper and lower case, and the router does not': [
    ({ app, router, protect }) => {
      app.use(mount('/admin', protect())).use(router.get('/admin/users', respond).routes())
    },
    'HEAD, GET /admin/users',
  ],
  'a GraphQL server of koa-mount responds with 400 to a request without a query': [
    ({ app, router, protect }) => {
      app.use(mount('/graphql', (ctx) => void (ctx.status = 'query' in ctx.query ? 200 : 400)))
      app.use(protect()).use(router.get('/orders', respond).routes())
    },
    '/graphql/*',
  ],
  'a nested router has no protection': [
    ({ app, router, protect }) => {
      const nested = new Router().get('/:id', respond)
      router.get('/orders', protect(), respond).use('/users', nested.routes())
      app.use(router.routes())
    },
    'HEAD, GET /users/:id',
  ],
  'the protection is on another router': [
    ({ app, router, protect }) => {
      const other = new Router({ prefix: '/other' }).del('/orders', respond)
      app.use(router.use(protect()).get('/orders', respond).routes()).use(other.routes())
    },
    'DELETE /other/orders',
  ],
  'a mounted app comes before the protection': [
    ({ app, Koa, router, protect }) => {
      const inner = new Koa().use(router.get('/orders', respond).routes())
      app.use(mount('/v1', inner)).use(protect())
    },
    'HEAD, GET /v1/orders',
  ],
  'the routes of a mounted app come before its protection': [
    ({ app, Koa, router, protect }) => {
      const inner = new Koa().use(router.get('/orders', respond).routes()).use(protect())
      app.use(mount('/v1', inner))
    },
    'HEAD, GET /v1/orders',
  ],
  'the token is optional': [
    ({ app, router, protect }) => app.use(router.get('/orders', protect.optional(), respond).routes()),
    'HEAD, GET /orders',
  ],
  'protect is a statement in the handler': [
    ({ app, router, protect }) => {
      router.get('/orders', (ctx) => {
        protect()
        ctx.body = { secret: true }
      })
      app.use(router.routes())
    },
    'HEAD, GET /orders',
  ],
  'a condition protects one method': [
    ({ app, router, protect }) => {
      const layer = protect() as unknown as Middleware
      app.use((ctx, next) => (ctx.method === 'GET' ? layer(ctx, next) : next()))
      app.use(router.get('/orders', respond).put('/orders', respond).routes())
    },
    'HEAD, PUT /orders',
  ],
  'a condition compares the path as text': [
    ({ app, router, protect }) => {
      const layer = protect() as unknown as Middleware
      app.use((ctx, next) => (ctx.path === '/orders' ? layer(ctx, next) : next()))
      app.use(router.get('/orders', respond).routes())
    },
    'HEAD, GET /orders',
  ],
  'preflights skip the protection of a handler for all methods': [
    ({ app, router }) => {
      const protect = createProtect({ ...trust, preflights: 'skip' })
      app.use(router.all('/orders', protect(), respond).routes())
    },
    'OPTIONS /orders',
  ],
  'a middleware in front catches the refusal and responds': [
    ({ app, router }) => {
      app.use(async (ctx, next) => {
        await next().catch(() => {
          ctx.body = { secret: true }
        })
      })
      app.use(router.get('/orders', createProtect({ ...trust, errors: 'throw' })(), respond).routes())
    },
    'HEAD, GET /orders',
  ],
  'the handler calls next, and the protection comes after it': [
    ({ app, router, protect }) => app.use(router.get('/orders', respond, protect()).routes()),
    'HEAD, GET /orders',
  ],
  'a handler without a route comes first': [
    ({ app, router, protect }) => {
      app.use(mount('/export', respond)).use(protect()).use(router.get('/orders', respond).routes())
    },
    '/export/*',
  ],
  'a handler without a route responds to everything': [({ app }) => app.use(respond), '/*'],
  'a handler finds no entity': [
    ({ app, router }) => app.use(router.get('/orders/:id', (ctx) => ctx.throw(404)).routes()),
    'HEAD, GET /orders/:id',
  ],
}

describe.each(versions)('expectProtected of %s', (_version, Koa) => {
  const protect = createProtect(trust)

  function createApp(): Koa3 {
    const app = new Koa()
    app.silent = true
    return app
  }

  test.each(Object.entries(mistakes))('finds the open routes when %s', async (_name, [build, ...open]) => {
    const app = createApp()
    build({ app, Koa, router: new Router(), protect })
    expect(await faultsOf(expectProtected(app))).toEqual(open)
  })

  test('resolves with the routes that need a token', async () => {
    const app = createApp()
    const router = new Router().get('/health', respond).get('/orders/:id', protect(), respond)
    router.all('/any', protect(), respond)
    app.use(cors()).use(router.routes()).use(router.allowedMethods())
    const checked = await expectProtected(app, { except: ['/health'] })
    expect(checked).toEqual(expect.arrayContaining(['GET /orders/:id', 'PATCH /any']))
    expect(checked).not.toContain('GET /health')
  })

  test('reports no correct app: a protected app, a protected mount, and a router for a host', async () => {
    const app = createApp()
    const inner = new Koa().use(protect()).use(new Router().get('/orders', respond).routes())
    app.use(mount('/v1', inner))
    app.use(new Router({ host: 'api.example' }).get('/users', protect(), respond).routes())
    expect(await expectProtected(app)).toEqual(['GET /users', '/v1/*'])
    expect(await expectProtected(createApp().use(protect()).use(respond))).toEqual(['/*'])
  })

  test('finds a public route of a mounted app that refuses other requests, by its exception', async () => {
    const inner = new Koa().use(protect.unless('/health'))
    inner.use(new Router().get('/health', respond).get('/orders', respond).routes())
    const app = createApp().use(mount('/v1', inner))
    expect(await expectProtected(app, { except: ['/v1/health'] })).toEqual(['GET /v1/orders', '/v1/*'])
  })

  test('requests the example of a route, and demands one for a regular expression', async () => {
    const app = createApp().use(new Router().get(/^\/[ab]$/, protect(), respond).routes())
    expect(await faultsOf(expectProtected(app))).toHaveLength(1)
    expect(await expectProtected(app, { examples: { [String(/^\/[ab]$/)]: '/a' } })).toContain(
      String.raw`GET /^\/[ab]$/`,
    )
  })

  test('reports exceptions that are stale, and an app without routes', async () => {
    const app = createApp().use(new Router().get('/health', respond).get('/orders', protect(), respond).routes())
    expect(await faultsOf(expectProtected(app, { except: ['/health', '/orders', '/none'] }))).toHaveLength(3)
    expect(await faultsOf(expectProtected(createApp()))).toHaveLength(1)
  })

  test('throws a TypeError for an invalid argument', async () => {
    const mistake = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }
    await expect(expectProtected(createApp().callback() as never)).rejects.toMatchObject(mistake)
    const options = { exept: ['/health'] } as ExpectProtectedOptions
    await expect(expectProtected(createApp(), options)).rejects.toMatchObject(mistake)
  })
})
