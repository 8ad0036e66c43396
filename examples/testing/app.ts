import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import express, { type Express } from 'express'

/** The API under test: who is trusted comes in from outside, so that a test can put its own issuer there. */
export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}
