import tollgate from '@tollgate/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Setting } from '../issuers.ts'

export async function createApp({ issuer, audience }: Setting): Promise<FastifyInstance> {
  const fastify = Fastify()

  await fastify.register(tollgate, { issuer, audience })

  fastify.addHook('onRequest', fastify.protect())

  fastify.get('/', async function (request, _reply) {
    return fastify.protect.auth(request).claims
  })
  return fastify
}

/** One route is protected. */
export async function createJwksApp({ issuer, audience }: Setting): Promise<FastifyInstance> {
  const server = Fastify()

  await server.register(tollgate, { issuer, audience })

  server.get('/verify', { onRequest: server.protect() }, (request, reply) => {
    reply.send(server.protect.auth(request).claims)
  })
  return server
}
