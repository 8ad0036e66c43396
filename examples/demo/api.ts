import { clientSecretBasic, createProtect, organization, scopes, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'
import { resourceServer } from './authorization-server.ts'

/** The protected API. An application needs no further code for Tollgate. */
export function createApi(issuer: string, audience: string | readonly string[]): Express {
  const { id, secret } = resourceServer
  const protect = createProtect({
    audience,
    issuer: trustedIssuer(issuer, {
      introspection: { client: clientSecretBasic(id, secret) },
      organizations: 'enforced',
    }),
  })

  const app = express()
  app.get('/public', (_req, res) => void res.json({ public: true }))
  app.get(
    '/orders',
    protect(scopes('orders:read')),
    (req, res) => void res.json({ for: protect.auth(req).clientId, orders: [1, 2] }),
  )
  app.post('/orders', protect(scopes('orders:write')), (_req, res) => void res.status(201).json({ order: 3 }))
  app.get(
    '/members',
    protect(organization({ id: 'org-1', kind: 'organization' })),
    (_req, res) => void res.json({ members: ['alice'] }),
  )
  return app
}
