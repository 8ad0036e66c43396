import { cookie, createProtect, header, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

/** The browser sends the token in a cookie. Other clients send it in `Authorization`. */
export function createApp(options: Omit<ProtectOptions, 'credentials'>): Express {
  const protect = createProtect({
    ...options,
    credentials: ['authorization', cookie('__Host-token', { origins: ['https://app.example.com'] })],
  })
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    res.json({ for: protect.auth(req).subject })
  })
  app.post('/orders', protect(scopes('orders:write')), (_req, res) => {
    res.status(201).end()
  })
  return app
}

/** Behind Cloudflare Access, the proxy puts the token into a header of its own. */
export function createAppBehindAccess(options: Omit<ProtectOptions, 'credentials'>): Express {
  const protect = createProtect({ ...options, credentials: header('cf-access-jwt-assertion') })
  return express().use(protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
}
