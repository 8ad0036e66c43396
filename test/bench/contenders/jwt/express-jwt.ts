import { expressjwt } from 'express-jwt'
import jwksRsa from 'jwks-rsa'
import type { JwtContender } from './contender.ts'
import { calling } from './middleware.ts'

/** https://www.npmjs.com/package/express-jwt with jwks-rsa, as its README has it. */
export const contender: JwtContender = {
  name: 'express-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  start: async ({ issuer, jwksUri, audience, algorithm }) =>
    calling(
      expressjwt({
        secret: jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }),
        issuer,
        audience,
        algorithms: [algorithm as 'RS256'],
      }),
    ),
}
