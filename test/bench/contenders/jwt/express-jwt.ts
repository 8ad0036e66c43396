import type { RequestHandler } from 'express'
import { expressjwt } from 'express-jwt'
import jwksRsa from 'jwks-rsa'
import type { Setting } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'
import { remoteKeys } from './jwks-rsa.ts'
import { calling } from '../middleware.ts'

/** https://www.npmjs.com/package/express-jwt with jwks-rsa, as its README has it. */
export const contender: JwtContender = {
  name: 'express-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  start: async (setting) => calling(expressJwt(setting)),
}

/** The middleware, for Express. */
export function expressJwt({ issuer, jwksUri, audience, algorithm }: Setting): RequestHandler {
  const secret = jwksRsa.expressJwtSecret(remoteKeys(jwksUri))
  return expressjwt({ secret, issuer, audience, algorithms: [algorithm as 'RS256'] })
}
