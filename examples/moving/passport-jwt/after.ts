import { createProtect, trustedIssuer } from '@tollgate/express'
import express, { type Express, type RequestHandler } from 'express'
import type { Setting } from '../issuers.ts'
import { User } from './user.ts'

export function createApp({ issuer, audience, jwksUri }: Setting): Express {
  const app = express()

  const protect = createProtect({
    audience,
    issuer: trustedIssuer(issuer, { keys: jwksUri, algorithms: ['RS256'] }),
  })
  const loadUser: RequestHandler = async (req, res, next) => {
    const user = await User.findOne({ id: protect.auth(req).subject })
    if (user === undefined) return res.sendStatus(401)
    res.locals['user'] = user
    return next()
  }

  app.post('/profile', protect(), loadUser, function (_req, res) {
    res.send((res.locals['user'] as User).profile)
  })
  return app
}
