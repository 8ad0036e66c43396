import { createProtect, isRefusal, isUnavailable, scopes } from '@tollgate/express'
import express, { type Express, type RequestHandler } from 'express'
import { expressjwt, type Request as JWTRequest } from 'express-jwt'
import { expressJwtSecret } from 'jwks-rsa'
import type { Setting } from '../issuers.ts'

/** Tollgate validates every token, and refuses no request. `report` gets what it would refuse. */
export function createReportingApp({ issuer, audience, jwksUri }: Setting, report: (line: string) => void): Express {
  const app = express()
  app.use(expressjwt({ secret: expressJwtSecret({ jwksUri }), audience, issuer, algorithms: ['RS256'] }))

  const protect = createProtect({ issuer, audience })
  const reportOnly: RequestHandler = (req, _res, next) => {
    protect.validator.authenticate(req).catch((error: unknown) => {
      report(isRefusal(error) || isUnavailable(error) ? `${error.status} ${error.reason}` : String(error))
    })
    next()
  }
  app.use(reportOnly)

  app.get('/orders', (req: JWTRequest, res) => {
    res.json({ for: req.auth?.sub })
  })
  return app
}

/** Routes move one by one. A request to a moved route must satisfy both libraries. */
export function createMixedApp({ issuer, audience, jwksUri }: Setting): Express {
  const app = express()
  app.use(expressjwt({ secret: expressJwtSecret({ jwksUri }), audience, issuer, algorithms: ['RS256'] }))

  const protect = createProtect({ issuer, audience, decorate: 'token' })
  app.get('/stock', (req: JWTRequest, res) => {
    res.json({ for: req.auth?.sub })
  })
  app.get('/orders', protect(scopes('read')), (req: JWTRequest, res) => {
    res.json({ for: protect.auth(req).subject, old: req.auth?.sub })
  })
  return app
}
