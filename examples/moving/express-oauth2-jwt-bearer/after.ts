import { claims, createProtect, scopes } from '@tollgate/express'
import express, { type Express } from 'express'
import type { Setting } from '../issuers.ts'

export function createApp({ issuer, audience }: Setting): Express {
  const app = express()

  const protect = createProtect({ issuer, audience })
  app.use(protect())

  app.get('/api/messages', (req, res) => {
    res.json({ claims: protect.auth(req).claims, token: protect.auth(req).raw() })
  })

  app.get('/api/admin/edit', protect(scopes('read:admin', 'write:admin')), (_req, res) => {
    res.json({ edited: true })
  })

  app.get('/api/admin', protect(claims(({ isAdmin }) => isAdmin === true, 'not-an-admin')), (_req, res) => {
    res.json({ admin: true })
  })
  return app
}

/** A token is optional. */
export function createOptionalApp({ issuer, audience }: Setting): Express {
  const app = express()
  const protect = createProtect({ issuer, audience })
  app.use(protect.optional())
  app.get('/api/messages', (req, res) => {
    res.json({ for: protect.optional.auth(req)?.subject ?? 'everybody' })
  })
  return app
}
