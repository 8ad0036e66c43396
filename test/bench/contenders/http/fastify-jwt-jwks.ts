import { fastifyJwtJwks } from 'fastify-jwt-jwks'
import type { HttpContender } from './contender.ts'
import { serveFastify } from './fastify.ts'

/** https://www.npmjs.com/package/fastify-jwt-jwks */
export const contender: HttpContender = {
  name: 'Fastify 5 + fastify-jwt-jwks',
  framework: 'Fastify',
  role: 'peer',
  module: import.meta.url,
  start: ({ issuer, jwksUri, audience }) =>
    serveFastify(async (app) => {
      await app.register(fastifyJwtJwks, { jwksUrl: jwksUri, issuer, audience })
      return { onRequest: app.authenticate }
    }),
}
