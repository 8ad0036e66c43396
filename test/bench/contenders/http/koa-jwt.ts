import { koaJwt } from '../jwt/koa-jwt.ts'
import type { HttpContender } from './contender.ts'
import { serveKoa } from './koa.ts'

/** https://www.npmjs.com/package/koa-jwt with jwks-rsa. */
export const contender: HttpContender = {
  name: 'Koa 3 + koa-jwt',
  framework: 'Koa',
  role: 'peer',
  module: import.meta.url,
  start: (setting) => serveKoa(koaJwt(setting)),
}
