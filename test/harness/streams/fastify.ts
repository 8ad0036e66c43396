import '@tollgate/fastify/augment'
import tollgate from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'
import { bind, respondLate, type Streams, type StreamServer, write } from './stream-server.ts'

async function addFastifyRoutes(app: FastifyInstance, streams: Streams): Promise<void> {
  await app.register(tollgate, { validator: streams.validator })
  app.addHook('onRequest', app.protect())
  app.all('/written', (request, reply) => {
    reply.hijack()
    write(streams, bind(streams, app.auth(request), reply.raw))
  })
  app.all('/piped', (request, reply) => {
    bind(streams, app.auth(request), reply.raw)
    return reply.send(streams.body())
  })
  app.all('/silent', (request, reply) => void bind(streams, app.auth(request), reply.hijack().raw))
  app.all('/late', (request, reply) => void respondLate(streams, app.auth(request), reply.hijack().raw))
}

function fastifyServer(name: string, protocol: StreamServer['protocol']): StreamServer {
  return {
    name,
    protocol,
    cutsOff: true,
    serve: async (streams) => {
      const app = (protocol === 'http/2' ? fastify({ http2: true }) : fastify()) as FastifyInstance
      await addFastifyRoutes(app, streams)
      await app.ready()
      return app.server
    },
  }
}

export const fastifyServers: readonly StreamServer[] = [
  fastifyServer('Fastify 5', 'http/1.1'),
  fastifyServer('Fastify 5 over HTTP/2', 'http/2'),
]
