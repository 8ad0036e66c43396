import '@tollgate/fastify/augment'
import fastifyAuth from '@fastify/auth'
import cors from '@fastify/cors'
import tollgate, { defineGuard, Refusal, scopes, type TollgateOptions, Unavailable } from '@tollgate/fastify'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(tollgate, options)

  app.get('/orders', { onRequest: app.protect(scopes('orders:read')) }, async (request) => {
    return { for: app.auth(request).subject }
  })

  // A token is optional here. An invalid token is refused.
  app.get('/catalogue', { onRequest: app.protect.optional() }, async (request) => {
    return { prices: request.auth === undefined ? 'list' : `for ${request.auth.subject}` }
  })
  return app
}

/** Every route of the scope needs a token, unless its `config` opens it. */
export async function createConfiguredApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(cors, { exposedHeaders: ['WWW-Authenticate'] }) // before tollgate
  await app.register(tollgate, options)
  app.get('/about', async () => ({ public: 'not in the protected scope' }))

  await app.register(async (api) => {
    api.addHook('onRequest', api.protect())
    api.get('/health', { config: { auth: false } }, async () => ({ ok: true }))
    api.get('/orders', { config: { auth: scopes('orders:read') } }, async (request) => ({ for: request.auth?.subject }))
    api.get('/me', async (request) => ({ subject: api.auth(request).subject }))
  })
  return app
}

/** Every route and every unknown path needs a token, except for two routes. */
export async function createAppWithExceptions(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(tollgate, options)
  app.addHook('onRequest', app.protect.unless(['/health', '/docs/:page']))
  app.get('/health', async () => ({ ok: true }))
  app.get('/docs/:page', async () => ({ public: true }))
  app.get('/orders', async (request) => ({ for: app.protect.auth(request).subject }))
  return app
}

/** The error handler of the app responds to refusals and outages. */
export async function createStrictApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Refusal || error instanceof Unavailable)) {
      throw error
    }
    const title = error.expose ? error.message : 'Try again later'
    return reply.code(error.status).headers(error.headers).send({ title, status: error.status })
  })
  await app.register(tollgate, { ...options, errors: 'throw' })
  app.get('/orders', { onRequest: app.protect() }, async (request) => ({ for: app.auth(request).subject }))
  return app
}

/** Two parts of one app, each with its own audience. */
export async function createAppOfTwo(orders: TollgateOptions, reports: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(
    async (scope) => {
      await scope.register(tollgate, orders)
      scope.get('/', { onRequest: scope.protect() }, async (request) => ({ orders: scope.auth(request).subject }))
    },
    { prefix: '/orders' },
  )
  await app.register(
    async (scope) => {
      await scope.register(tollgate, reports)
      scope.get('/', { onRequest: scope.protect() }, async (request) => ({ reports: scope.auth(request).subject }))
    },
    { prefix: '/reports' },
  )
  return app
}

/** A route parameter decides together with the token. */
export async function createAppOfTenants(options: TollgateOptions): Promise<FastifyInstance> {
  const ownTenant = defineGuard({
    check: ({ claims }, { native }) =>
      claims['tenant'] === native?.params['tenant'] ? 'pass' : new Refusal({ reason: 'foreign-tenant' }),
  })
  const app = fastify()
  await app.register(tollgate, options)
  app.get('/tenants/:tenant/orders', { onRequest: app.protect(ownTenant) }, async () => ({ orders: [] }))
  return app
}

/** An API key or an access token opens the route. */
export async function createAppWithKeys(options: TollgateOptions, key: string): Promise<FastifyInstance> {
  async function apiKey({ headers }: FastifyRequest): Promise<void> {
    if (headers['x-api-key'] !== key) {
      throw Object.assign(new Error('No API key'), { statusCode: 401 })
    }
  }
  const app = fastify()
  await app.register(fastifyAuth)
  await app.register(tollgate, { ...options, errors: 'throw' })
  app.get('/orders', { onRequest: app.auth([apiKey, app.protect()], { relation: 'or' }) }, async () => ({ orders: [] }))
  return app
}

/** Another package owns `request.auth`. */
export async function createAppBesideOthers(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  app.decorateRequest('auth', undefined) // as @clerk/fastify does
  await app.register(tollgate, { ...options, decorate: 'token' })
  app.get('/orders', { onRequest: app.protect() }, async (request) => ({ for: app.protect.auth(request).subject }))
  return app
}
