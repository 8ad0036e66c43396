import cors from '@fastify/cors'
import websocket from '@fastify/websocket'
import tollgate, { scopes, type TollgateOptions } from '@tollgate/fastify'
import { expectProtected, type ExpectProtectedOptions } from '@tollgate/fastify/testing'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { expect, test } from 'vitest'
import { openApp } from '../fastify/app.ts'
import { faultsOf, trust } from './faults.ts'

const respond = async (): Promise<unknown> => ({ secret: true })

async function openProtected(
  options: Partial<TollgateOptions> = {},
  server: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = openApp(server)
  await app.register(tollgate, { ...trust, ...options } as TollgateOptions)
  return app
}

/** Each mistake leaves these routes open. */
const mistakes: Readonly<Record<string, readonly [build: () => Promise<FastifyInstance>, ...open: readonly string[]]>> =
  {
    'a route has no protection': [
      async () => {
        const app = await openProtected()
        app.get('/orders', { onRequest: app.protect() }, respond)
        return app.post('/orders', respond)
      },
      'POST /orders',
    ],
    'the hook is in a scope beside the routes': [
      async () => {
        const app = await openProtected()
        app.register(async (scope) => scope.addHook('onRequest', scope.protect()))
        await app.register(async (scope) => scope.get('/orders', respond))
        return app
      },
      'GET, HEAD /orders',
    ],
    'a scope around the protected one has routes': [
      async () => {
        const app = await openProtected()
        app.get('/users', respond)
        await app.register(async (scope) => {
          scope.addHook('onRequest', scope.protect())
          scope.get('/orders', respond)
        })
        return app
      },
      'GET, HEAD /users',
    ],
    'the plugin is in a scope, and a route with a config is in another': [
      async () => {
        const app = openApp()
        app.register(async (scope) => scope.register(tollgate, trust))
        await app.register(async (scope) => scope.get('/orders', { config: { auth: scopes('a') } }, respond))
        return app
      },
      'GET, HEAD /orders',
    ],
    'the route is public by its config': [
      async () => {
        const app = await openProtected()
        app.addHook('onRequest', app.protect())
        return app.get('/orders', { config: { auth: false } }, respond)
      },
      'GET, HEAD /orders',
    ],
    'the token is optional': [
      async () => {
        const app = await openProtected()
        app.get('/users', { config: { auth: 'optional' } }, respond)
        return app.get('/orders', { onRequest: app.protect.optional() }, respond)
      },
      'GET, HEAD /users',
      'GET, HEAD /orders',
    ],
    'protect is a statement in the handler': [
      async () => {
        const app = await openProtected()
        return app.get('/orders', async () => {
          app.protect()
          return { secret: true }
        })
      },
      'GET, HEAD /orders',
    ],
    'a condition protects one method': [
      async () => {
        const app = await openProtected()
        const hook = app.protect()
        app.addHook('onRequest', async (request, reply) =>
          request.method === 'GET' ? hook(request, reply) : undefined,
        )
        return app.route({ method: ['GET', 'PUT'], url: '/orders', handler: respond })
      },
      'PUT, HEAD /orders',
    ],
    'HEAD has a handler of its own': [
      async () => {
        const app = await openProtected()
        app.head('/orders', respond)
        return app.get('/orders', { onRequest: app.protect() }, respond)
      },
      'HEAD /orders',
    ],
    'a condition compares the URL as text': [
      async () => {
        const app = await openProtected()
        const hook = app.protect()
        app.addHook('onRequest', async (request, reply) =>
          request.url.startsWith('/admin') ? hook(request, reply) : undefined,
        )
        return app.get('/admin/users', respond)
      },
      'GET, HEAD /admin/users',
    ],
    'a condition compares the URL as text, and the router ignores upper and lower case': [
      async () => {
        const app = await openProtected({}, { routerOptions: { caseSensitive: false } })
        const hook = app.protect()
        app.addHook('onRequest', async (request, reply) =>
          decodeURIComponent(request.url).startsWith('/admin') ? hook(request, reply) : undefined,
        )
        return app.get('/admin/users', respond)
      },
      'GET, HEAD /admin/users',
    ],
    'preflights skip the protection of a route for OPTIONS': [
      async () => {
        const app = await openProtected({ preflights: 'skip' })
        app.addHook('onRequest', app.protect())
        return app.route({ method: ['OPTIONS', 'POST'], url: '/orders', handler: respond })
      },
      'OPTIONS /orders',
    ],
    'an error handler responds without a challenge': [
      async () => {
        const app = await openProtected({ errors: 'throw' })
        app.setErrorHandler((_error, _request, reply) => reply.send({ secret: true }))
        return app.get('/orders', { onRequest: app.protect() }, respond)
      },
      'GET, HEAD /orders',
    ],
    'an onRoute hook of another plugin removes the hook': [
      async () => {
        const app = await openProtected()
        app.addHook('onRoute', (route) => {
          delete route.onRequest
        })
        return app.get('/orders', { onRequest: app.protect() }, respond)
      },
      'GET, HEAD /orders',
    ],
    'a version of a route has no protection': [
      async () => {
        const app = await openProtected()
        app.get('/orders', { constraints: { version: '1.0.0' }, onRequest: app.protect() }, respond)
        return app.get('/orders', { constraints: { version: '2.0.0' } }, respond)
      },
      'GET, HEAD /orders',
    ],
    'a route for another host has no protection': [
      async () => {
        const app = await openProtected()
        app.get('/orders', { onRequest: app.protect() }, respond)
        return app.get('/orders', { constraints: { host: 'internal.example' } }, respond)
      },
      'GET, HEAD /orders',
    ],
    'a WebSocket has no protection': [
      async () => {
        const app = openApp()
        await app.register(websocket)
        await app.register(tollgate, trust)
        return app.get('/socket', { websocket: true }, () => {})
      },
      'GET, HEAD /socket',
    ],
    'the response for unknown paths has content': [
      async () => {
        const app = await openProtected()
        app.setNotFoundHandler((_request, reply) => reply.send({ secret: true }))
        return app.get('/orders', { onRequest: app.protect() }, respond)
      },
      '/*',
    ],
    'a wildcard has no protection': [
      async () => {
        const app = await openProtected()
        app.get('/files/:id', { onRequest: app.protect() }, respond)
        return app.get('/files/*', respond)
      },
      'GET, HEAD /files/*',
    ],
    'the validation of a body comes before the protection': [
      async () => {
        const app = await openProtected()
        const schema = { body: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } }
        return app.post('/orders', { schema, preHandler: app.protect() }, respond)
      },
      'POST /orders',
    ],
  }

test.each(Object.entries(mistakes))(
  'expectProtected finds the open routes when %s',
  async (_name, [build, ...open]) => {
    expect(await faultsOf(expectProtected(await build()))).toEqual(open)
  },
)

test('expectProtected names routes as the app wrote them', async () => {
  const app = await openProtected()
  app.addHook('onRequest', app.protect())
  const paths =
    '/,/users,/usable,/users/:id,/users/:userId/name,/near/:lat-:lng/x,/colon::x,/a(b),/files/*,/scope/'.split(',')
  paths.push('/at/:hour(^\\d{2}$)h:minute(^\\d{2}$)m', '/sp ace')
  paths.forEach((path) => app.get(path, respond))
  app.get('/opt/:id?', respond)
  const expected = [...paths, '/opt', '/opt/:id'].map((path) => `GET ${path}`)
  expect((await expectProtected(app)).toSorted()).toEqual([...expected, '/*'].toSorted())
})

test.each([true, 'https://app.example', ['https://app.example'], /example$/])(
  'expectProtected reports nothing for a CORS plugin with the origin %s',
  async (origin) => {
    const app = openApp()
    await app.register(cors, { origin })
    await app.register(tollgate, trust)
    app.addHook('onRequest', app.protect())
    app.get('/orders', respond)
    expect(await expectProtected(app)).toEqual(['GET /orders'])
  },
)

test('expectProtected reports no correct app: a CORS plugin, public routes, and a WebSocket', async () => {
  const app = openApp()
  await app.register(cors)
  await app.register(websocket)
  await app.register(tollgate, trust)
  app.get('/health', respond)
  app.get('/socket', { websocket: true, onRequest: app.protect() }, () => {})
  app.all('/any/:id', { config: { auth: true } }, respond)
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', scope.protect())
      scope.get('/orders', respond)
    },
    { prefix: '/api' },
  )
  const checked = await expectProtected(app, { except: ['/health'] })
  expect(checked).toEqual(expect.arrayContaining(['GET /socket', 'GET /api/orders', 'DELETE /any/:id']))
  expect(checked).not.toContain('GET /health')
})

test('expectProtected demands an exception for a constraint that it cannot meet', async () => {
  const app = await openProtected()
  app.get('/orders', { constraints: { host: /\.example$/ }, onRequest: app.protect() }, respond)
  expect(await faultsOf(expectProtected(app))).toEqual(['GET, HEAD /orders'])
  expect(await faultsOf(expectProtected(app, { except: ['/orders'] }))).toEqual([])
})

test('expectProtected demands it too beside the same route without a constraint', async () => {
  const app = await openProtected()
  app.get('/orders', { onRequest: app.protect() }, respond)
  app.get('/orders', { constraints: { host: /\.example$/ } }, respond)
  expect(await faultsOf(expectProtected(app))).toEqual(['GET, HEAD /orders'])
})

test('expectProtected reports exceptions that are stale, and an app without routes', async () => {
  const app = await openProtected()
  app.get('/health', respond)
  app.get('/orders/:id', { onRequest: app.protect() }, respond)
  expect(await faultsOf(expectProtected(app, { except: ['GET /health', '/orders/:id', '/none'] }))).toHaveLength(3)
  const options = { except: ['/health'], examples: { '/orders/:id': '/orders/17', '/none': '/none' } }
  expect(await faultsOf(expectProtected(app, options))).toHaveLength(1)
  expect(await faultsOf(expectProtected(openApp()))).toHaveLength(1)
})

test('expectProtected throws a TypeError for an invalid argument', async () => {
  const mistake = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }
  await expect(expectProtected({} as FastifyInstance)).rejects.toMatchObject(mistake)
  const options = { exept: ['/health'] } as ExpectProtectedOptions
  await expect(expectProtected(openApp(), options)).rejects.toMatchObject(mistake)
})
