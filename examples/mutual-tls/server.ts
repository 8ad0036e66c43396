import { createProtect, type ProtectOptions, type ProxyCertificate } from '@tollgate/express'
import express, { type Express } from 'express'

/** An API behind a proxy that ends the TLS connection. A token is good only with the certificate of its client. */
export function createApp(options: Omit<ProtectOptions, 'mtls'>, certificate: ProxyCertificate): Express {
  const protect = createProtect({ ...options, mtls: { mode: 'required', certificate } })
  const app = express()
  app.get('/orders', protect(), (req, res) => {
    const { subject, confirmation } = protect.auth(req)
    res.json({ for: subject, certificate: confirmation?.['x5t#S256'] })
  })
  return app
}
