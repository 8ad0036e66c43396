import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import cors from 'cors'
import express, { type Express } from 'express'

/** An API for the page of another origin. Tollgate exposes the headers that the page needs. */
export function createApi(options: ProtectOptions, pageOrigin: string): Express {
  const protect = createProtect({ ...options, dpop: { mode: 'required', nonces: 'required' } })

  const app = express()
  app.use(cors({ origin: pageOrigin }))
  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    res.json({ for: protect.auth(req).subject, orders: [1, 2] })
  })
  return app
}
