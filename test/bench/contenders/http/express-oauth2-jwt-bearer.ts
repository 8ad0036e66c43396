import { expressOauth2JwtBearer } from '../jwt/express-oauth2-jwt-bearer.ts'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/express-oauth2-jwt-bearer */
export const contender: HttpContender = {
  name: 'Express 5 + express-oauth2-jwt-bearer',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start: (setting) => serveExpress(expressOauth2JwtBearer(setting)),
}
