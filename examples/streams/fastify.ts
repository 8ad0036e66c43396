import { Readable } from 'node:stream'
import { lease, tollgate, type TollgateOptions } from '@tollgate/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { prices } from './prices.ts'

export async function createApp(options: TollgateOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(tollgate, options)
  app.get('/prices', { onRequest: app.protect() }, (request, reply) => {
    lease(app.protect.auth(request)).bind(reply.raw)
    return reply.type('text/event-stream').send(Readable.from(prices()))
  })
  return app
}
