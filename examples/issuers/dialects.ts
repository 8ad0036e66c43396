import { createProtect, scopes, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

/** An issuer whose access tokens name their client in place of an audience. */
export function createDialectApp(pool: string): Express {
  const protect = createProtect({
    audience: ['web-app', 'orders-job'],
    issuer: trustedIssuer(pool, {
      dialect: {
        audience: 'client_id',
        isAccessToken: { token_use: 'access' },
        isClient: ({ sub, client_id, username }) => username === undefined && sub === client_id,
        scopes: ['scope', 'cognito:groups'],
      },
    }),
  })
  const app = express()
  app.get('/', protect(scopes('orders/read')), (req, res) => void res.send(protect.auth(req).subjectType))
  return app
}
