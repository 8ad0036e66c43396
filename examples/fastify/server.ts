import '@tollgate/fastify/augment'
import cors from '@fastify/cors'
import tollgate, { Refusal, scopes, type TollgateOptions, Unavailable } from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'

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
