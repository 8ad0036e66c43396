import '@tollgate/fastify/augment'
import tollgate, { type ValidatorOptions } from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'
import { claims, type Claims } from './claims.ts'

// Declare this once, because a decorator has one type in the whole application.
declare module '@tollgate/fastify' {
  interface TokenTypes {
    claims: Claims
  }
}

export async function createApp(options: Omit<ValidatorOptions, 'claims'>): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(tollgate, { ...options, claims })
  app.get('/orders', { onRequest: app.protect() }, async (request) => {
    const { tenant, auth_time: since } = app.auth(request).claims
    return { tenant: tenant.toUpperCase(), since: since.toISOString() }
  })
  return app
}
