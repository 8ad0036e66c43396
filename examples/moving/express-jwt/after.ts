import { createProtect, defineGuard, Refusal, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'
import type { Setting } from '../issuers.ts'

export function createApp({ issuer, audience, jwksUri }: Setting): Express {
  const app = express()

  const protect = createProtect({
    audience,
    issuer: trustedIssuer(issuer, { keys: jwksUri, algorithms: ['RS256'] }),
  })

  app.use(protect.unless(['/token']))

  app.get('/token', (_req, res) => {
    res.json({ public: true })
  })

  app.get('/protected', (req, res) => {
    if (!protect.auth(req).claims['admin']) return res.sendStatus(401)
    return res.sendStatus(200)
  })
  return app
}

/** A shared secret, a token that is optional, and a list of revoked tokens. */
export function createSecretApp(secret: string, isRevoked: (claims: unknown) => Promise<boolean>): Express {
  const app = express()
  const protect = createProtect({
    audience: 'http://myapi/protected',
    issuer: trustedIssuer('http://issuer', { secret, algorithms: ['HS256'] }),
  })
  const notRevoked = defineGuard({
    check: async ({ claims }) =>
      (await isRevoked(claims)) ? new Refusal({ code: 'invalid_token', reason: 'revoked' }) : 'pass',
  })
  app.use(protect.optional(notRevoked))
  app.get('/protected', (req, res) => {
    res.json({ for: protect.optional.auth(req)?.subject ?? 'everybody' })
  })
  return app
}
