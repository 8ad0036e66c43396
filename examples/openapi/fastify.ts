import swagger from '@fastify/swagger'
import tollgate, { scopes, type TollgateOptions } from '@tollgate/fastify'
import { openApiSecurity } from '@tollgate/fastify/openapi'
import fastify, { type FastifyInstance } from 'fastify'

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(swagger, { openapi: { openapi: '3.1.0' }, ...openApiSecurity(app) })
  await app.register(tollgate, options)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.register(async (scope) => {
    scope.addHook('onRequest', scope.protect())
    scope.get('/health', { config: { auth: false } }, () => ({}))
    scope.get('/me', () => ({}))
    scope.get('/orders', { config: { auth: scopes('orders:read') } }, () => [])
  })
  return app
}
