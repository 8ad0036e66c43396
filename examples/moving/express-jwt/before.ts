import express, { type ErrorRequestHandler, type Express } from 'express'
import { expressjwt as jwt, type Request as JWTRequest } from 'express-jwt'
import { expressJwtSecret } from 'jwks-rsa'
import type { Setting } from '../issuers.ts'

// The code of the README of express-jwt 8.5, and of the example express-demo of jwks-rsa 4.1. The issuer, the audience
// and the keys are arguments. The secret is longer, because HS256 needs 32 bytes. The error handler sends a status.
export function createApp({ issuer, audience, jwksUri }: Setting): Express {
  const app = express()

  app.use(
    jwt({
      secret: expressJwtSecret({ cache: true, rateLimit: true, jwksRequestsPerMinute: 2, jwksUri }),
      audience,
      issuer,
      algorithms: ['RS256'],
    }).unless({ path: ['/token'] }),
  )

  app.get('/token', (_req, res) => {
    res.json({ public: true })
  })

  app.get('/protected', (req: JWTRequest, res) => {
    if (!req.auth?.['admin']) return res.sendStatus(401)
    return res.sendStatus(200)
  })

  const sendError: ErrorRequestHandler = (err: Error, _req, res, next) => {
    if (err.name === 'UnauthorizedError') {
      res.status(401).send('invalid token...')
    } else {
      next(err)
    }
  }
  app.use(sendError)
  return app
}

/** A shared secret, a token that is optional, and a list of revoked tokens. */
export function createSecretApp(secret: string, isRevoked: (claims: unknown) => Promise<boolean>): Express {
  const app = express()
  app.use(
    jwt({
      secret,
      audience: 'http://myapi/protected',
      issuer: 'http://issuer',
      algorithms: ['HS256'],
      credentialsRequired: false,
      isRevoked: async (_req, token) => isRevoked(token?.payload),
    }),
  )
  app.get('/protected', (req: JWTRequest, res) => {
    res.json({ for: req.auth?.sub ?? 'everybody' })
  })
  return app
}
