import { createServer, type Server } from 'node:https'
import { createProtect, dpopBound, type ProtectOptions, scopes } from '@tollgate/express'
import express, { type Express } from 'express'

type Options = Pick<ProtectOptions, 'issuer' | 'audience' | 'dispatcher'>

/** Clients can bind their tokens to a key, and must do so for payments. */
export function createApp(options: Options): Express {
  const protect = createProtect({ ...options, dpop: { mode: 'accepted' } })
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => {
    const { subject, confirmation } = protect.auth(req)
    res.json({ for: subject, key: confirmation?.jkt ?? 'none' })
  })
  app.post('/payments', protect(dpopBound(), scopes('payments:write')), (_req, res) => {
    res.sendStatus(201)
  })
  return app
}

/** Behind a proxy that ends TLS, and that connects from a private address. */
export function createAppBehindProxy(options: Options): Express {
  const protect = createProtect({ ...options, dpop: { mode: 'required' } })
  const app = express()
  app.set('trust proxy', 'loopback, uniquelocal')
  app.get('/orders', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}

/** The origin is in the configuration, so that no header counts. */
export function createAppWithOrigin(options: Options): Express {
  const protect = createProtect({ ...options, dpop: { mode: 'required' }, origin: 'https://shop.example.com' })
  const app = express()
  app.get('/orders', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}

/** TLS ends in this process, and every token is bound to the certificate of its client. */
export function createTlsServer(
  options: Options,
  { cert, key }: { readonly cert: string; readonly key: string },
): Server {
  const protect = createProtect({ ...options, mtls: { mode: 'required' } })
  const app = express()
  app.get('/orders', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, app)
}
