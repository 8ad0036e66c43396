import '@tollgate/fastify/augment'
import { createServer } from 'node:http'
import cors from '@fastify/cors'
import formBody from '@fastify/formbody'
import { type AccessToken, createValidator, type Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import tollgate, { type TollgateOptions } from '@tollgate/fastify'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

function optionsOf(protection: ProtectOptions | Validator): TollgateOptions {
  if (isValidator(protection)) {
    return { validator: protection }
  }
  const { claims, errors, preflights, ...options } = protection
  // A validator has the types of its claims. The options do not.
  return claims === undefined
    ? { ...options, errors, preflights }
    : { validator: createValidator({ ...options, claims }), errors, preflights }
}

async function serveRoutes(app: FastifyInstance, serving: Serving): Promise<void> {
  const { protection, inner = protection, guards, onHandled, habits = [], onError } = serving
  const handle = (auth: (request: FastifyRequest) => AccessToken | undefined) => async (request: FastifyRequest) => {
    onHandled(auth(request))
    return { ok: true }
  }
  if (onError !== undefined) {
    app.setErrorHandler((error, _request, reply) => {
      onError(error)
      const { status, headers } = statusAndHeadersOf(error)
      return reply.code(status).headers(headers).send('mine')
    })
  }
  if (habits.includes('own challenge')) {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'X-Own': 'set before', 'WWW-Authenticate': 'Basic realm="staging"' })
    })
  }
  if (habits.includes('cors in front')) {
    await app.register(cors, { exposedHeaders: ['WWW-Authenticate'] })
  }
  await app.register(tollgate, optionsOf(protection))
  if (habits.includes('cors behind')) {
    app.addHook('onRequest', app.protect())
    await app.register(cors)
  }
  if (habits.includes('metadata in front')) {
    app.addHook('onRequest', app.protect.metadata())
    app.addHook('onRequest', app.protect(...guards))
  }
  if (habits.includes('metadata behind')) {
    app.addHook('onRequest', app.protect(...guards))
    app.addHook('onRequest', app.protect.metadata())
  }
  const protectedBy = { onRequest: app.protect(...guards) }
  app.all('/items', protectedBy, handle(app.auth))
  app.all('/optional', { onRequest: app.protect.optional(...guards) }, handle(app.protect.optional.auth))
  app.all('/failing', protectedBy, () => {
    throw mistake
  })
  app.all('/unguarded', handle(app.auth))
  await app.register(async (mounted) => void mounted.all('/items', protectedBy, handle(app.auth)), {
    prefix: '/mounted',
  })
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.protect())
    scope.all('/twice', { ...protectedBy, preHandler: app.protect(...guards) }, handle(app.auth))
  })
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', app.protect())
      await scope.register(tollgate, optionsOf(inner))
      if (habits.includes('metadata in front')) {
        scope.addHook('onRequest', scope.protect.metadata())
      }
      scope.all('/items', { onRequest: scope.protect(...guards) }, handle(scope.auth))
    },
    { prefix: '/inner' },
  )
}

export const fastifyAdapter: Adapter = {
  name: 'Fastify 5',
  create: async (options) => fastify().register(tollgate, optionsOf(options)).ready(),
  serve: (serving) => {
    const app = fastify({ trustProxy: serving.habits?.includes('trust proxy') ?? false })
    app.register(formBody)
    app.register(async (scope) => serveRoutes(scope, serving))
    const ready = app.ready()
    const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
      void ready.then(() => app.routing(request, response))
    })
    return server.on('close', () => void app.close())
  },
}
