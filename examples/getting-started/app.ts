import { createProtect, scopes, type ProtectOptions } from '@tollgate/express'
import express, { type Express } from 'express'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/health', (_req, res) => void res.json({ ok: true })) // public, because it is in front of protect()
  app.use(protect()) // every route below needs a valid access token
  app.get('/me', (req, res) => void res.json({ subject: protect.auth(req).subject }))
  app.get('/orders', protect(scopes('orders:read')), (_req, res) => void res.json(['tea']))
  return app
}
