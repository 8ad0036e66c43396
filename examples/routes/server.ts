import {
  allOf,
  anyOf,
  anyScope,
  audience,
  claims,
  createProtect,
  defineGuard,
  Refusal,
  scopes,
  type ProtectOptions,
} from '@tollgate/express'
import express, { type Express } from 'express'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()

  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    const { subject, clientId, scopes: granted } = protect.auth(req)
    res.json({ subject, clientId, granted: [...granted] })
  })

  // Guards combine: an administrator, or a caller of the right tenant with the scope for writing.
  const sameTenant = claims(({ tenant }) => tenant === 'acme', 'wrong-tenant')
  app.post('/orders', protect(anyOf(scopes('admin'), allOf(scopes('orders:write'), sameTenant))), (_req, res) => {
    res.status(201).end()
  })

  // One scope of several, and a part of the API with its own audience.
  app.get('/stock', protect(anyScope('stock:read', 'stock:write')), (_req, res) => void res.json([]))
  app.get('/reports', protect(audience('https://api.example.com/reports')), (_req, res) => void res.json([]))

  // A guard of your own.
  const firstParty = defineGuard({
    check: (token) =>
      token.clientId?.startsWith('internal-') === true ? 'pass' : new Refusal({ reason: 'third-party-client' }),
  })
  app.delete('/orders', protect(firstParty), (_req, res) => void res.status(204).end())

  // A token is optional here. An invalid token is refused.
  app.get('/catalogue', protect.optional(), (req, res) => {
    const token = protect.optional.auth(req)
    res.json({ prices: token === undefined ? 'list' : `for ${token.subject}` })
  })
  return app
}
