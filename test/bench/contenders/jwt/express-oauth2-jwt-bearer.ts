import type { RequestHandler } from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { algorithms, type Setting } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'
import { calling } from '../middleware.ts'

/** https://www.npmjs.com/package/express-oauth2-jwt-bearer, with the key set it would find by discovery. */
export const contender: JwtContender = {
  name: 'express-oauth2-jwt-bearer',
  algorithms,
  role: 'peer',
  module: import.meta.url,
  start: async (setting) => calling(expressOauth2JwtBearer(setting)),
}

/** The middleware, for Express. */
export function expressOauth2JwtBearer({ algorithm, ...expected }: Setting): RequestHandler {
  return auth({ ...expected, tokenSigningAlg: algorithm })
}
