import { passportJwt } from '../jwt/passport-jwt.ts'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/passport-jwt with jwks-rsa. */
export const contender: HttpContender = {
  name: 'Express 5 + passport-jwt',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start: (setting) => serveExpress(passportJwt(setting)),
}
