import { expressjwt } from 'express-jwt'
import jwksRsa from 'jwks-rsa'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/express-jwt with jwks-rsa, as its README has it. */
export const contender: HttpContender = {
  name: 'Express 5 + express-jwt',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start: ({ issuer, jwksUri, audience, algorithm }) =>
    serveExpress(
      expressjwt({
        secret: jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }),
        issuer,
        audience,
        algorithms: [algorithm as 'RS256'],
      }),
    ),
}
