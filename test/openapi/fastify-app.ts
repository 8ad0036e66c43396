import swagger from '@fastify/swagger'
import { createValidator, scopes, type ValidatorOptions } from '@tollgate/core'
import tollgate from '@tollgate/fastify'
import { openApiSecurity } from '@tollgate/fastify/openapi'
import fastify, { type FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import { guards, type OpenApp } from './api.ts'

const respond = async (): Promise<object> => ({})

export async function openFastify(options: ValidatorOptions, version: string): Promise<OpenApp> {
  const app: FastifyInstance = fastify()
  onTestFinished(() => app.close())
  await app.register(swagger, { openapi: { openapi: version }, ...openApiSecurity(app) })
  await app.register(tollgate, { validator: createValidator(options) })
  app.get('/public', respond)
  app.get('/tenants', { config: { auth: guards['GET /tenants'] } }, respond)
  app.register(async (scope) => {
    scope.addHook('onRequest', scope.protect.unless('/health'))
    scope.get('/health', respond)
    scope.get('/none', { config: { auth: false } }, respond)
    scope.get('/optional', { config: { auth: 'optional' } }, respond)
    scope.get('/me', respond)
    scope.post('/payments', { onRequest: scope.protect(...guards['POST /payments']) }, respond)
    scope.register(routeOrders, { prefix: '/orders' })
    scope.register(
      async (other) => {
        await other.register(tollgate, {
          validator: createValidator({ ...options, audience: 'https://other.example' }),
        })
        other.get('/', { config: { auth: scopes('read') } }, respond)
      },
      { prefix: '/other' },
    )
  })
  app.get('/preview', { preHandler: [app.protect.optional(scopes('read'))] }, respond)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { origin: app.listeningOrigin, document: app.swagger() }
}

async function routeOrders(scope: FastifyInstance): Promise<void> {
  scope.get('/', { config: { auth: guards['GET /orders'] } }, respond)
  scope.post('/', { onRequest: scope.protect(...guards['POST /orders']) }, respond)
  scope.get('/:id', { config: { auth: guards['GET /orders/{id}'] } }, respond)
  scope.delete('/:id', { preValidation: scope.protect(...guards['DELETE /orders/{id}']) }, respond)
  scope.put('/:id(^\\d+$)', { config: { auth: guards['PUT /orders/{id}'] } }, respond)
}
