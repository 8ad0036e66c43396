import tollgate, { scopes } from '@tollgate/fastify'
import fastify from 'fastify'

export const app = fastify()

await app.register(tollgate, {
  issuer: 'https://tenant.logto.app/oidc',
  audience: 'https://api.example.com',
})
app.get('/orders', { onRequest: app.protect(scopes('orders:read')) }, async (request) => {
  return { for: app.protect.auth(request).subject }
})
