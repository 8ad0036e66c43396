import type { RequestHandler } from 'express'
import jwksRsa from 'jwks-rsa'
import { Passport } from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { Setting } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'
import { remoteKeys } from './jwks-rsa.ts'
import { calling } from '../middleware.ts'

/** https://www.npmjs.com/package/passport-jwt with jwks-rsa, as its README has it, without sessions. */
export const contender: JwtContender = {
  name: 'passport-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  start: async (setting) => calling(passportJwt(setting)),
}

/** The middleware, for Express. */
export function passportJwt({ issuer, jwksUri, audience, algorithm }: Setting): RequestHandler {
  const options = {
    secretOrKeyProvider: jwksRsa.passportJwtSecret(remoteKeys(jwksUri)),
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    issuer,
    audience,
    algorithms: [algorithm as 'RS256'],
  }
  const passport = new Passport()
  passport.use(new Strategy(options, (payload: object, done) => done(null, payload)))
  return passport.authenticate('jwt', { session: false }) as RequestHandler
}
