import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

/** An API that calls another one. */
export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/stock', protect(scopes('stock:read')), async (_req, res) => {
    const response = await fetch('https://warehouse.example.com/stock')
    res.json(await response.json())
  })
  return app
}
