import express, { type Express } from 'express'
import { passportJwtSecret } from 'jwks-rsa'
import { Passport } from 'passport'
import { ExtractJwt, Strategy as JwtStrategy, type StrategyOptionsWithoutRequest } from 'passport-jwt'
import type { Setting } from '../issuers.ts'
import { User } from './user.ts'

// The code of the README of passport-jwt 4.0, with the keys of the example passport-demo of jwks-rsa 4.1. The issuer,
// the audience and the keys are arguments. `User.findOne` returns a promise.
export function createApp({ issuer, audience, jwksUri }: Setting): Express {
  const app = express()
  const passport = new Passport()

  const opts: StrategyOptionsWithoutRequest = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: passportJwtSecret({ cache: true, rateLimit: true, jwksUri }),
    issuer,
    audience,
    algorithms: ['RS256'],
  }
  passport.use(
    new JwtStrategy(opts, function (jwt_payload: { sub: string }, done) {
      User.findOne({ id: jwt_payload.sub }).then(
        (user) => done(null, user ?? false),
        (err: unknown) => done(err, false),
      )
    }),
  )

  app.post('/profile', passport.authenticate('jwt', { session: false }), function (req, res) {
    res.send((req.user as User).profile)
  })
  return app
}
