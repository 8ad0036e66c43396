import cors from '@fastify/cors'
import tollgate, { Refusal, scopes, type TollgateOptions, Unavailable } from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(tollgate, options)

  app.get('/orders', { onRequest: app.protect(scopes('orders:read')) }, async (request) => {
    return { for: app.auth(request).subject }
  })

  // Nobody has to show a token here, but a bad one is refused all the same.
  app.get('/catalogue', { onRequest: app.protect.optional() }, async (request) => {
    return { prices: request.auth === undefined ? 'list' : `for ${request.auth.subject}` }
  })
  return app
}

/** Default-deny: every route of the scope needs a token, unless it says otherwise; routes are configured rather than wired. */
export async function createConfiguredApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(cors, { exposedHeaders: ['WWW-Authenticate'] }) // before what protects
  await app.register(tollgate, options)
  app.get('/about', async () => ({ open: 'outside of the scope' }))

  await app.register(async (api) => {
    api.addHook('onRequest', api.protect())
    api.get('/health', { config: { auth: false } }, async () => ({ ok: true }))
    api.get('/orders', { config: { auth: scopes('orders:read') } }, async (request) => ({ for: request.auth?.subject }))
    api.get('/me', async (request) => ({ subject: api.auth(request).subject }))
  })
  return app
}

/** The errors are the app's own to answer. */
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

/** Two parts of one app, each an API with an audience of its own. */
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
