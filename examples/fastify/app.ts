import tollgate, { scopes, type TollgateOptions } from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(tollgate, options)
  app.get('/orders', { onRequest: app.protect(scopes('orders:read')) }, async (request) => {
    return { for: app.protect.auth(request).subject }
  })
  return app
}
