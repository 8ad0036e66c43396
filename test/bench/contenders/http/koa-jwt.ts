import jwksRsa from 'jwks-rsa'
import jwt from 'koa-jwt'
import type { HttpContender } from './contender.ts'
import { serveKoa } from './koa.ts'

/** https://www.npmjs.com/package/koa-jwt with jwks-rsa, as its README has it. */
export const contender: HttpContender = {
  name: 'Koa 3 + koa-jwt',
  framework: 'Koa',
  role: 'peer',
  module: import.meta.url,
  start: ({ issuer, jwksUri, audience, algorithm }) =>
    serveKoa(
      jwt({
        secret: jwksRsa.koaJwtSecret({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }),
        issuer,
        audience,
        algorithms: [algorithm],
      }),
    ),
}
