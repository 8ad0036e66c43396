import { tollgate, type TollgateOptions } from '@tollgate/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import mercurius from 'mercurius'
import { type Context, contextOf } from './context.ts'
import { resolvers, typeDefs } from './schema.ts'

declare module 'mercurius' {
  interface MercuriusContext extends Context {}
}

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(tollgate, options)
  app.addHook('onRequest', app.protect())
  await app.register(mercurius, {
    schema: typeDefs,
    resolvers,
    context: async (request) => contextOf(app.protect.validator, request.raw, app.protect.auth(request)),
  })
  return app
}
