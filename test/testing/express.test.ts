import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProtect, type Protect } from '@tollgate/express'
import { expectProtected, type ExpectProtectedOptions } from '@tollgate/express/testing'
import type express5 from 'express'
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { versions } from '../express/versions.ts'
import { faultsOf, trust } from './faults.ts'

const respond: RequestHandler = (_req, res) => void res.json({ secret: true })

interface Scene {
  readonly app: Express
  readonly express: typeof express5
  readonly protect: Protect
}

/** Each mistake leaves these routes open. */
const mistakes: Readonly<Record<string, readonly [build: (scene: Scene) => void, ...open: readonly string[]]>> = {
  'the protection comes after the route': [
    ({ app, protect }) => app.get('/orders', respond).use(protect()),
    'GET, HEAD /orders',
  ],
  'a route comes between two layers': [
    ({ app, protect }) => app.use('/admin', protect()).get('/orders', respond).use(protect()).get('/users', respond),
    'GET, HEAD /orders',
  ],
  'the mount path of the protection is misspelt': [
    ({ app, protect }) => app.use('/amdin', protect()).get('/admin/users', respond),
    'GET, HEAD /admin/users',
  ],
  'the case of the mount path differs under case-sensitive routing': [
    ({ app, protect }) => app.set('case sensitive routing', true).use('/Admin', protect()).get('/admin/users', respond),
    'GET, HEAD /admin/users',
  ],
  'a router has no protection': [
    ({ app, express, protect }) => {
      app.get('/orders', protect(), respond)
      app.use('/api', express.Router().get('/orders', respond))
    },
    'GET, HEAD /api/orders',
  ],
  'the protection is on another router': [
    ({ app, express, protect }) => {
      const [one, other] = [express.Router(), express.Router()]
      one.use(protect())
      other.delete('/orders/:id', respond)
      app.use('/one', one).use('/other', other)
    },
    'DELETE /other/orders/:id',
  ],
  'a mounted app comes before the protection': [
    ({ app, express, protect }) => {
      app.use('/v1/:tenant', express().use('/deep', express().get('/orders', respond)))
      app.use(protect())
    },
    'GET, HEAD /v1/:tenant/deep/orders',
  ],
  'the token is optional': [({ app, protect }) => app.get('/orders', protect.optional(), respond), 'GET, HEAD /orders'],
  'protect is a statement in the handler': [
    ({ app, protect }) => {
      app.get('/orders', (_req, res) => {
        protect()
        res.json({ secret: true })
      })
    },
    'GET, HEAD /orders',
  ],
  'only GET is protected': [
    ({ app, protect }) => app.get('/orders', protect(), respond).post('/orders', respond).put('/orders', respond),
    'POST, PUT /orders',
  ],
  'HEAD has a handler of its own': [
    ({ app, protect }) => app.head('/orders', respond).get('/orders', protect(), respond),
    'HEAD /orders',
  ],
  'a condition protects one method of all': [
    ({ app, protect }) => {
      const layer = protect()
      app.use((req, res, next) => (req.method === 'GET' ? layer(req, res, next) : next()))
      app.all('/orders', respond)
    },
    'HEAD, POST, PUT, PATCH, DELETE, OPTIONS /orders',
  ],
  'a condition compares the path as text': [
    ({ app, protect }) => {
      const layer = protect()
      app.use((req, res, next) => (req.path.startsWith('/admin') ? layer(req, res, next) : next()))
      app.get('/admin/users', respond)
    },
    'GET, HEAD /admin/users',
  ],
  'preflights skip the protection of a handler for all methods': [
    ({ app }) => app.all('/orders', createProtect({ ...trust, preflights: 'skip' })(), respond),
    'OPTIONS /orders',
  ],
  'an error handler continues': [
    ({ app }) => {
      const carryOn: ErrorRequestHandler = (_error, _req, _res, next) => next()
      app.use(createProtect({ ...trust, errors: 'throw' })(), carryOn).get('/orders', respond)
    },
    'GET, HEAD /orders',
  ],
  'an error handler responds without a challenge': [
    ({ app }) => {
      const plain: ErrorRequestHandler = (_error, _req, res, _next) => void res.sendStatus(401)
      app.get('/orders', createProtect({ ...trust, errors: 'throw' })(), respond).use(plain)
    },
    'GET, HEAD /orders',
  ],
  'the handler comes before the protection of its route': [
    ({ app, protect }) => app.get('/orders', respond, protect()),
    'GET, HEAD /orders',
  ],
  'one of several paths is misspelt': [
    ({ app, protect }) => app.use(['/orders', '/userz'], protect()).get(['/orders', '/users'], respond),
    'GET, HEAD /users',
  ],
  'a handler without a route comes first': [
    ({ app, protect }) => app.use('/export', respond).use(protect()).get('/orders', respond),
    '/export/*',
  ],
  'a GraphQL server without a route responds with 400 to a request without a query': [
    ({ app, protect }) => {
      const graphql: RequestHandler = (req, res) => void res.sendStatus('query' in req.query ? 200 : 400)
      app.use('/graphql', graphql).use(protect()).get('/orders', respond)
    },
    '/graphql/*',
  ],
  'a condition leaves static files out': [
    ({ app, protect }) => {
      const layer = protect()
      app.use((req, res, next) => (/\.(?:css|js)$/.test(req.path) ? next() : layer(req, res, next)))
      app.get('/orders/:id', respond)
    },
    'GET, HEAD /orders/:id',
  ],
  'a condition leaves URLs out that end as static files': [
    ({ app, protect }) => {
      const layer = protect()
      app.use((req, res, next) => (/\.(?:css|js)$/.test(req.url) ? next() : layer(req, res, next)))
      app.get('/orders', respond)
    },
    'GET, HEAD /orders',
  ],
  'a handler without a route responds to everything': [({ app }) => app.use(respond), '/*'],
  'a validation in front responds with 400': [
    ({ app, protect }) => app.post('/orders', (_req, res) => void res.sendStatus(400), protect(), respond),
    'POST /orders',
  ],
  'a handler finds no entity': [
    ({ app }) => app.get('/orders/:id', (_req, res) => void res.sendStatus(404)),
    'GET, HEAD /orders/:id',
  ],
  'a handler redirects': [({ app }) => app.get('/orders', (_req, res) => res.redirect('/login')), 'GET, HEAD /orders'],
}

describe.each(versions)('expectProtected of %s', (name, express) => {
  const protect = createProtect(trust)
  const createApp = (): Express => express().set('env', 'test')

  test.each(Object.entries(mistakes))('finds the open routes when %s', async (_name, [build, ...open]) => {
    const app = createApp()
    build({ app, express, protect })
    expect(await faultsOf(expectProtected(app))).toEqual(open)
  })

  test('finds the path without an optional parameter', async () => {
    const app = createApp().use('/users/:id', protect())
    const path = name === 'Express 5' ? '/users{/:id}' : '/users/:id?'
    app.get(path, respond)
    expect(await faultsOf(expectProtected(app))).toEqual([`GET, HEAD ${path}`])
  })

  test('finds files that are served in front of the protection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-static-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'index.html'), 'public')
    const app = createApp().use('/docs', express.static(folder)).use(protect())
    app.get('/orders', respond)
    expect(await faultsOf(expectProtected(app))).toEqual(['/docs/*'])
    expect(await expectProtected(app, { except: ['/docs/*'] })).toEqual(['GET /orders', '/*'])
  })

  test.each([
    ['URL', (req: Request) => req.originalUrl.includes('/health'), 'GET, HEAD /orders'],
    ['path', (req: Request) => req.path.endsWith('/health'), 'GET, HEAD /orders/:id'],
  ])('finds a condition that looks for a public path anywhere in the %s', async (_part, isPublic, open) => {
    const layer = protect()
    const app = createApp().use((req, res, next) => (isPublic(req) ? next() : layer(req, res, next)))
    app.get('/health', respond).get(open.replace('GET, HEAD ', ''), respond)
    expect(await faultsOf(expectProtected(app, { except: ['/health'] }))).toEqual([open])
  })

  test('reports nothing for a public path that the path of another route also matches', async () => {
    const app = createApp()
    app.get('/orders/health', respond).get('/health', respond)
    app.post('/orders/:id', protect(), respond).get('/orders/:id', protect(), respond)
    const except = ['/health', '/orders/health']
    expect(await expectProtected(app, { except })).toEqual(['POST /orders/:id', 'GET /orders/:id'])
  })

  test('reports nothing for a validation of the query in front of the protection', async () => {
    const app = createApp().get('/health', respond)
    const validate: RequestHandler = (req, res, next) =>
      Object.keys(req.query).length > 0 ? void res.sendStatus(400) : next()
    app.get('/orders', validate, protect(), respond)
    expect(await expectProtected(app, { except: ['/health'] })).toEqual(['GET /orders'])
  })

  test('resolves with the routes that need a token', async () => {
    const app = createApp()
    app.get('/health', respond)
    app.use(protect())
    app.get('/orders/:id', respond).post('/orders', respond)
    const router = express.Router({ mergeParams: true })
    router.route('/items').all(respond).get(respond)
    app.use('/tenants/:tenant', router)
    const checked = await expectProtected(app, { except: ['/health'] })
    expect(checked).toEqual(expect.arrayContaining(['GET /orders/:id', 'POST /orders', 'GET /tenants/:tenant/items']))
    expect(checked).not.toContain('GET /health')
  })

  test('reports nothing for handlers of all methods that call next, for CORS, and for 404 handlers', async () => {
    const app = createApp()
    app.all(name === 'Express 5' ? '/{*path}' : '*', (_req, _res, next) => next())
    const allow: RequestHandler = (_req, res) =>
      void res.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'GET' }).status(204).end()
    app.options('/orders', allow).get('/orders', protect(), respond)
    app.use((_req, res) => void res.status(404).json({ title: 'There is no such page' }))
    expect(await expectProtected(app)).toEqual(['GET /orders'])
  })

  test('requests the example of a route, and demands one for a regular expression', async () => {
    const app = createApp().get(/^\/(?:a|b)$/, respond)
    app.get('/orders/:id', protect(), respond)
    const path = String(/^\/(?:a|b)$/)
    const faults = (options: ExpectProtectedOptions): Promise<readonly string[]> =>
      faultsOf(expectProtected(app, options))
    expect(await faults({})).toEqual([`GET, HEAD ${path}`])
    expect(await faults({ except: [path] })).toEqual([])
    expect(await faults({ examples: { [path]: '/c' } })).toEqual([`GET, HEAD ${path}`])
    expect(await faults({ except: [`GET ${path}`], examples: { [path]: ['/a', '/b'] } })).toEqual([])
    expect(await faults({ except: [path], examples: { '/order/:id': '/order/1' } })).toHaveLength(1)
  })

  test('requests the examples of a handler without a route', async () => {
    const app = createApp()
    app.use('/trpc', (req, res) => void res.sendStatus(req.path === '/orders.list' ? 200 : 404))
    app.get('/orders', protect(), respond)
    const options = { examples: { '/trpc/*': '/trpc/orders.list' } }
    expect(await expectProtected(app)).toEqual(['GET /orders'])
    expect(await faultsOf(expectProtected(app, options))).toEqual(['/trpc/*'])
    const protectedApp = createApp().use(protect()).use('/trpc', app)
    expect(await expectProtected(protectedApp, { examples: { '/*': '/trpc/orders.list' } })).toContain('/*')
  })

  test('reports exceptions that are stale', async () => {
    const app = createApp()
    app.get('/health', respond).get('/orders', protect(), respond).post('/orders', respond)
    expect(await expectProtected(app, { except: ['/health', 'POST /orders'] })).toEqual(['GET /orders'])
    expect(await faultsOf(expectProtected(app, { except: ['/health', '/orders'] }))).toHaveLength(2)
    expect(await faultsOf(expectProtected(app, { except: ['/health', 'POST /orders', '/none'] }))).toHaveLength(1)
    expect(await faultsOf(expectProtected(app, { except: ['/health', 'POST /orders', '/*'] }))).toHaveLength(1)
  })

  test('reports an app without routes', async () => {
    expect(await faultsOf(expectProtected(createApp()))).toHaveLength(1)
  })

  test('throws a TypeError for an invalid argument', async () => {
    const mistake = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }
    const app = createApp()
    const router = express.Router()
    await expect(expectProtected((req, res) => router(req as never, res as never, () => {}))).rejects.toMatchObject(
      mistake,
    )
    const wrong: readonly unknown[] = [
      { except: '/health' },
      { exept: [] },
      { except: [''] },
      { examples: { '/': 'x' } },
      { headers: ['accept-version'] },
      { headers: { 'accept-version': 2 } },
    ]
    for (const options of wrong) {
      await expect(expectProtected(app, options as ExpectProtectedOptions)).rejects.toMatchObject(mistake)
    }
  })
})
