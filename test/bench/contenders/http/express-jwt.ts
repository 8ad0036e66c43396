import { expressJwt } from '../jwt/express-jwt.ts'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/express-jwt with jwks-rsa. */
export const contender: HttpContender = {
  name: 'Express 5 + express-jwt',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start: (setting) => serveExpress(expressJwt(setting)),
}
