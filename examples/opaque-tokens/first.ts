import { clientSecretBasic, createProtect, scopes, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

/** The minimum for opaque tokens. */
export function createFirstApp(clientSecret: string): Express {
  const app = express()

  const issuer = trustedIssuer('https://auth.example.com', {
    introspection: { client: clientSecretBasic('orders-api', clientSecret) },
  })
  const protect = createProtect({ issuer, audience: 'https://api.example.com' })
  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    res.json({ for: protect.auth(req).subject })
  })

  return app
}
