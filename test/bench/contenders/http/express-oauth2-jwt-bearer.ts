import { auth } from 'express-oauth2-jwt-bearer'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/express-oauth2-jwt-bearer, with the key set it would find by discovery. */
export const contender: HttpContender = {
  name: 'Express 5 + express-oauth2-jwt-bearer',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start: ({ issuer, jwksUri, audience, algorithm }) =>
    serveExpress(auth({ issuer, jwksUri, audience, tokenSigningAlg: algorithm })),
}
