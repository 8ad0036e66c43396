import jwksRsa from 'jwks-rsa'
import { Passport } from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/passport-jwt with jwks-rsa, as its README has it, without sessions. */
export const contender: HttpContender = {
  name: 'Express 5 + passport-jwt',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start({ issuer, jwksUri, audience, algorithm }) {
    const options = {
      secretOrKeyProvider: jwksRsa.passportJwtSecret({
        jwksUri,
        cache: true,
        rateLimit: true,
        jwksRequestsPerMinute: 5,
      }),
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer,
      audience,
      algorithms: [algorithm as 'RS256'],
    }
    const passport = new Passport()
    passport.use(new Strategy(options, (payload: object, done) => done(null, payload)))
    return serveExpress(passport.authenticate('jwt', { session: false }))
  },
}
