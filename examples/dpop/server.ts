import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

/** An API that accepts tokens that are bound to a key, with a proof for each request. Other tokens work as before. */
export function createApp(options: ProtectOptions): Express {
  const protect = createProtect({ ...options, dpop: { mode: 'accepted', nonces: 'required' } })

  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    const { clientId, confirmation } = protect.auth(req)
    res.json({ for: clientId, key: confirmation?.jkt })
  })
  return app
}
