import { createProtect, type Protect, trustedIssuer } from '@tollgate/hono'
import { expectProtected, type ExpectProtectedOptions } from '@tollgate/hono/testing'
import { type Context, Hono } from 'hono'
import { except, some } from 'hono/combine'
import { cors } from 'hono/cors'
import { expect, test } from 'vitest'
import { faultsOf, trust } from './faults.ts'

const protect = createProtect(trust)
const respond = (c: Context): Response => c.json({ secret: true })

/** Each mistake leaves these routes open. */
const mistakes: Readonly<Record<string, readonly [build: (app: Hono) => unknown, ...open: readonly string[]]>> = {
  'the protection comes after the route': [(app) => app.get('/orders', respond).use(protect()), 'GET, HEAD /orders'],
  'the handler comes before the protection of its route': [
    (app) => app.get('/orders', respond, protect()),
    'GET, HEAD /orders',
  ],
  'the path of the protection lacks its wildcard': [
    (app) => app.use('/admin', protect()).get('/admin/users', respond),
    'GET, HEAD /admin/users',
  ],
  'the path of the protection has other letters': [
    (app) => app.use('/Admin/*', protect()).get('/admin/users', respond),
    'GET, HEAD /admin/users',
  ],
  'app.use has a path alone': [(app) => app.use('*').get('/orders', respond), 'GET, HEAD /orders'],
  'only GET is protected': [
    (app) => app.get('/orders', protect(), respond).on(['POST', 'PUT'], '/orders', respond),
    'POST, PUT /orders',
  ],
  'the app of a prefix comes before the protection': [
    (app) => app.route('/api', new Hono().get('/orders', respond)).use(protect()),
    'GET, HEAD /api/orders',
  ],
  'an app gets its protection after app.route has copied its routes': [
    (app) => {
      const inner = new Hono().get('/orders', respond)
      app.route('/api', inner)
      inner.use(protect())
    },
    'GET, HEAD /api/orders',
  ],
  'the protection is on the result of basePath, and the route is on the app': [
    (app) => {
      app.basePath('/api').use(protect())
      app.get('/orders', respond)
    },
    'GET, HEAD /orders',
  ],
  'an alternative to the protection accepts everything': [
    (app) => {
      app.use(some(createProtect({ ...trust, errors: 'throw' })(), (_c, next) => next())).get('/orders', respond)
    },
    'GET, HEAD /orders',
  ],
  'an exception has a wildcard too many': [
    (app) => app.use(except('/o*', protect())).get('/orders', respond),
    'GET, HEAD /orders',
  ],
  'a handler calls the middleware and ignores its response': [
    (app) => {
      const layer = protect()
      app.get('/orders', async (c) => {
        await layer(c, async () => undefined)
        return respond(c)
      })
    },
    'GET, HEAD /orders',
  ],
  'protect is a statement in the handler': [
    (app) =>
      app.get('/orders', (c) => {
        protect()
        return respond(c)
      }),
    'GET, HEAD /orders',
  ],
  'the token is optional': [(app) => app.get('/orders', protect.optional(), respond), 'GET, HEAD /orders'],
  'an error handler responds as if nothing had happened': [
    (app) => {
      app.onError((_error, c) => respond(c))
      app.get('/orders', createProtect({ ...trust, errors: 'throw' })(), respond)
    },
    'GET, HEAD /orders',
  ],
  'a handler for unknown paths responds': [(app) => app.notFound(respond).get('/orders', protect(), respond), '/*'],
  'a handler of app.use comes first': [
    (app) => app.use('/export/*', async (c, next) => (c.req.method === 'GET' ? respond(c) : next())).use(protect()),
    '/export/*',
  ],
  'a parameter has an expression': [
    (app) => app.get('/orders/:id{[0-9]{2}}', respond),
    'GET, HEAD /orders/:id{[0-9]{2}}',
  ],
  'the expression of the protection matches numbers alone': [
    (app) => app.use('/orders/:id{[0-9]+}', protect()).get('/orders/:id', respond),
    'GET, HEAD /orders/:id',
  ],
  'a parameter is optional': [
    (app) => app.use('/orders/:id', protect()).get('/orders/:id?', respond),
    'GET, HEAD /orders/:id?',
  ],
  'preflights skip the protection of a handler for all methods': [
    (app) => app.all('/orders', createProtect({ ...trust, preflights: 'skip' })(), respond),
    'OPTIONS /orders',
  ],
}

test.each(Object.entries(mistakes))('expectProtected of Hono finds the open routes when %s', async (_name, mistake) => {
  const [build, ...open] = mistake
  const app = new Hono()
  app.onError((_error, c) => c.text('failed', 500))
  build(app)
  expect(await faultsOf(expectProtected(app))).toEqual(open)
})

test.each([
  ['query', (c: Context) => c.req.url.includes('/health'), 'GET, HEAD /orders'],
  ['path', (c: Context) => c.req.path.endsWith('/health'), 'GET, HEAD /orders/:id'],
])('expectProtected of Hono finds a condition that accepts a public path in the %s', async (_part, isPublic, open) => {
  const app = new Hono().use(protect.unless(isPublic)).get('/health', respond)
  app.get(open.replace('GET, HEAD ', ''), respond)
  expect(await faultsOf(expectProtected(app, { except: ['/health'] }))).toEqual([open])
})

test.each([
  ['its name', (iss: string) => iss],
  ['an issuer of its name', async (iss: string) => trustedIssuer(iss)],
])('expectProtected of Hono finds an `issuer` function that returns %s for every issuer', async (_what, issuer) => {
  const app = protectedApp(createProtect({ ...trust, issuer }))
  expect(await faultsOf(expectProtected(app, { except: ['/health'] }))).toEqual([
    'GET, HEAD /orders/:id',
    'POST /orders',
  ])
})

test('expectProtected of Hono reports nothing for an `issuer` function that knows its issuers', async () => {
  const app = protectedApp(createProtect({ ...trust, issuer: (iss) => [trust.issuer].find((one) => one === iss) }))
  expect(await expectProtected(app, { except: ['/health'] })).toContain('POST /orders')
})

test('expectProtected of Hono reports nothing for a public route whose parameter takes words', async () => {
  const app = new Hono().get('/orders/:name{[a-z]+}', respond).get('/orders/:id', protect(), respond)
  expect(await expectProtected(app, { except: ['/orders/:name{[a-z]+}'] })).toEqual(['GET /orders/:id'])
})

test('expectProtected of Hono resolves with the routes that need a token', async () => {
  const app = protectedApp(protect).get('/tenants/:tenant{[a-z]+}/*', respond)
  const checked = await expectProtected(app, { except: ['/health'] })
  expect(checked).toEqual(['GET /orders/:id', 'POST /orders', 'GET /tenants/:tenant{[a-z]+}/*', '/*'])
})

test('expectProtected of Hono reports nothing for CORS in front, nor for handlers that call next', async () => {
  const app = new Hono()
  app.use(cors()).use('/api/*', async (_c, next) => next())
  app.route('/', protectedApp(protect))
  app.notFound((c) => c.json({ title: 'There is no such page' }, 404))
  expect(await expectProtected(app, { except: ['/health'] })).toEqual([
    'GET /orders/:id',
    'POST /orders',
    '/*',
    '/api/*',
  ])
})

test('expectProtected of Hono reports exceptions that are stale, and an app without routes', async () => {
  const faults = (options: ExpectProtectedOptions): Promise<readonly string[]> =>
    faultsOf(expectProtected(protectedApp(protect), options))
  expect(await faults({ except: ['/health', '/none'] })).toHaveLength(1)
  expect(await faults({ except: ['/health', 'POST /orders'] })).toHaveLength(1)
  expect(await faults({ except: ['/health'], examples: { '/order': '/order' } })).toHaveLength(1)
  expect(await faultsOf(expectProtected(new Hono()))).toHaveLength(1)
})

test('expectProtected of Hono throws a TypeError for invalid arguments', async () => {
  const invalidOption = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }
  await expect(expectProtected({} as never)).rejects.toMatchObject(invalidOption)
  await expect(expectProtected(new Hono(), { exept: [] } as never)).rejects.toMatchObject(invalidOption)
})

function protectedApp(by: Protect): Hono {
  const app = new Hono()
  app.get('/health', respond).use(by())
  app.get('/orders/:id', respond).post('/orders', respond)
  return app
}
