import jwt from '@fastify/jwt'
import type { HttpContender } from './contender.ts'
import { serveFastify } from './fastify.ts'
import { withGetJwks } from './get-jwks.ts'

/** https://www.npmjs.com/package/@fastify/jwt with get-jwks, told to remember as many tokens as it does when told no number: 1,000. */
export const contender: HttpContender = {
  name: 'Fastify 5 + @fastify/jwt, cache on',
  framework: 'Fastify',
  role: 'peer',
  module: import.meta.url,
  start: (setting) =>
    serveFastify(async (app) => {
      await app.register(jwt, withGetJwks(setting, true))
      return { onRequest: async (request) => void (await request.jwtVerify()) }
    }),
}
