import express, { type Express } from 'express'
import { auth, claimEquals, requiredScopes } from 'express-oauth2-jwt-bearer'
import type { Setting } from '../issuers.ts'

// The code of README.md and EXAMPLES.md of express-oauth2-jwt-bearer 1.10. It has `import` in place of `require`.
// The issuer and the audience are arguments, and the handlers respond.
export function createApp({ issuer, audience }: Setting): Express {
  const app = express()

  app.use(auth({ issuerBaseURL: issuer, audience }))

  app.get('/api/messages', (req, res) => {
    res.json({ claims: req.auth?.payload, token: req.auth?.token })
  })

  app.get('/api/admin/edit', requiredScopes('read:admin write:admin'), (_req, res) => {
    res.json({ edited: true })
  })

  app.get('/api/admin', claimEquals('isAdmin', true), (_req, res) => {
    res.json({ admin: true })
  })
  return app
}

/** A token is optional. */
export function createOptionalApp({ issuer, audience }: Setting): Express {
  const app = express()
  app.use(auth({ issuerBaseURL: issuer, audience, authRequired: false }))
  app.get('/api/messages', (req, res) => {
    res.json({ for: req.auth?.payload.sub ?? 'everybody' })
  })
  return app
}
