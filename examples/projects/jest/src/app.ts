import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

/** The API under test. A test passes the options of a mock issuer. */
export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}
