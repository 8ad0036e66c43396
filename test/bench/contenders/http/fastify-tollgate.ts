import { tollgate, trustedIssuer } from '@tollgate/fastify'
import type { HttpContender } from './contender.ts'
import { serveFastify } from './fastify.ts'

/** Ours. */
export const contender: HttpContender = {
  name: 'Fastify 5 + Tollgate',
  framework: 'Fastify',
  role: 'tollgate',
  module: import.meta.url,
  start: ({ issuer, audience, algorithm }) =>
    serveFastify(async (app) => {
      await app.register(tollgate, { issuer: trustedIssuer(issuer, { algorithms: [algorithm] }), audience })
      return { onRequest: app.protect() }
    }),
}
