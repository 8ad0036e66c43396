import { createProtect, type ProtectOptions } from '@tollgate/express'
import express, { type Express } from 'express'
import { claims } from './claims.ts'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect({ ...options, claims })
  const app = express()
  app.get('/orders', protect(), (req, res) => {
    const { tenant, auth_time: since } = protect.auth(req).claims
    res.json({ tenant: tenant.toUpperCase(), since: since.toISOString() })
  })
  return app
}
