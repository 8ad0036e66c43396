import type { Server } from 'node:http'
import express, { type RequestHandler } from 'express'
import type { Setting } from '../world.ts'

/** The middleware of each contender, as its README shows it. Only the measured contender is imported. */
const middleware: Readonly<Record<string, (setting: Setting) => Promise<readonly RequestHandler[]>>> = {
  bare: async () => [],

  async Tollgate({ issuer, audience }) {
    const { createProtect } = await import('@tollgate/express')
    return [createProtect({ issuer, audience })()]
  },

  async 'Tollgate, opaque tokens'({ issuer, audience, endpoint }) {
    const { clientSecretBasic, trustedIssuer } = await import('@tollgate/core')
    const { createProtect } = await import('@tollgate/express')
    const introspection = { client: clientSecretBasic('an-api', 'a secret'), endpoint, cacheFor: '300s' } as const
    return [createProtect({ issuer: trustedIssuer(issuer, { formats: 'opaque', introspection }), audience })()]
  },

  async 'express-oauth2-jwt-bearer'({ issuer, jwksUri, audience }) {
    const { auth } = await import('express-oauth2-jwt-bearer')
    return [auth({ issuer, jwksUri, audience, tokenSigningAlg: 'RS256' })]
  },

  async 'express-jwt + jwks-rsa'({ issuer, jwksUri, audience }) {
    const { expressjwt } = await import('express-jwt')
    const { default: jwksRsa } = await import('jwks-rsa')
    const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true })
    return [expressjwt({ secret, issuer, audience, algorithms: ['RS256'] })]
  },

  async 'passport-jwt + jwks-rsa'({ issuer, jwksUri, audience }) {
    const { Passport } = await import('passport')
    const { ExtractJwt, Strategy } = await import('passport-jwt')
    const { default: jwksRsa } = await import('jwks-rsa')
    const options = {
      secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true, rateLimit: true }),
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer,
      audience,
      algorithms: ['RS256' as const],
    }
    const passport = new Passport()
    passport.use(new Strategy(options, (payload: object, done) => done(null, payload)))
    return [passport.authenticate('jwt', { session: false }) as RequestHandler]
  },

  async 'jose by hand'({ issuer, jwksUri, audience }) {
    const { createRemoteJWKSet, jwtVerify } = await import('jose')
    const keys = createRemoteJWKSet(new URL(jwksUri))
    const authenticate: RequestHandler = async (request, response, next) => {
      const token = request.headers.authorization?.replace(/^Bearer /i, '') ?? ''
      const result = await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] }).catch(() => undefined)
      if (result === undefined) {
        response.sendStatus(401)
      } else {
        Object.assign(request, { auth: result.payload })
        next()
      }
    }
    return [authenticate]
  },
}

export const names: readonly string[] = Object.keys(middleware)

/** Starts the server of a contender on a free port of 127.0.0.1. */
export async function start(name: string, setting: Setting): Promise<Server> {
  const app = express()
  app.get('/', ...((await middleware[name]?.(setting)) ?? []), (_request, response) => {
    response.json({ ok: true })
  })
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
