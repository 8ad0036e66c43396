import fjwt, { type FastifyJWTOptions } from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import { fastifyJwtJwks } from 'fastify-jwt-jwks'
import buildGetJwks from 'get-jwks'
import type { Setting } from '../issuers.ts'

// The example "@fastify/jwt" of the README of get-jwks 11.0, for @fastify/jwt 10.2. It is complete except for
// `listen`. The issuer is an argument, `providerDiscovery` finds the keys of the mock issuer, and there is a route.
export async function createApp({ issuer }: Setting): Promise<FastifyInstance> {
  const fastify = Fastify()
  const getJwks = buildGetJwks({ providerDiscovery: true })

  fastify.register(fjwt, {
    decode: { complete: true },
    issuersWhitelist: [issuer],
    checkIssuer: (iss: string) => {
      return iss === issuer
    },
    secret: (_request, token, callback) => {
      const {
        header: { kid, alg },
        payload: { iss },
      } = token
      getJwks.getPublicKey({ kid, domain: iss, alg }).then(
        (publicKey) => callback(null, publicKey),
        (error: Error) => callback(error, undefined),
      )
    },
  } as FastifyJWTOptions)

  fastify.addHook('onRequest', async (request, _reply) => {
    await request.jwtVerify()
  })

  fastify.get('/', async function (request, _reply) {
    return request.user
  })
  return fastify
}

/** The example of the README of fastify-jwt-jwks 3.1, with the issuer. */
export async function createJwksApp({ issuer, audience, jwksUri }: Setting): Promise<FastifyInstance> {
  const server = Fastify()

  await server.register(fastifyJwtJwks, {
    jwksUrl: jwksUri,
    audience,
    issuer,
  })

  server.get('/verify', { preValidation: server.authenticate }, (request, reply) => {
    reply.send(request.user)
  })
  return server
}
