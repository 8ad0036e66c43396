import jwt from '@fastify/jwt'
import type { HttpContender } from './contender.ts'
import { serveFastify } from './fastify.ts'
import { withGetJwks } from './get-jwks.ts'

/** https://www.npmjs.com/package/@fastify/jwt with get-jwks, which remembers no token by itself. */
export const contender: HttpContender = {
  name: 'Fastify 5 + @fastify/jwt',
  framework: 'Fastify',
  role: 'peer',
  module: import.meta.url,
  start: (setting) =>
    serveFastify(async (app) => {
      await app.register(jwt, withGetJwks(setting, false))
      return { onRequest: async (request) => void (await request.jwtVerify()) }
    }),
}
