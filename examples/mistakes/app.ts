import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/health', (_req, res) => void res.json({ ok: true }))
  app.use(protect())
  app.get('/orders/:id', protect(scopes('orders:read')), (_req, res) => void res.json({}))
  return app
}

/** Two mistakes that start without an error: the order of the lines, and a router without protection. */
export function createOpenApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/orders/:id', (_req, res) => void res.json({})) // the protection comes after it
  app.use('/admin', protect())

  const reports = express.Router()
  reports.delete('/', (_req, res) => void res.status(204).end())
  app.use('/reports', reports) // nothing protects it
  return app
}
