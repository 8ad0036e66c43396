import { createProtect, scopes, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

/** An issuer whose access tokens name their client in place of an audience. */
export function createDialectApp(issuer: string): Express {
  const protect = createProtect({
    audience: ['web-app', 'orders-job'], // the clients that may call this API
    issuer: trustedIssuer(issuer, {
      dialect: {
        audience: 'app',
        clientId: 'app',
        isAccessToken: { use: 'access' },
        isClient: ({ grant }) => grant === 'client_credentials',
        scopes: ['scope', 'permissions'],
      },
    }),
  })
  const app = express()
  app.get('/', protect(scopes('orders:read')), (req, res) => void res.send(protect.auth(req).subjectType))
  return app
}
