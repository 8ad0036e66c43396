import jwksRsa from 'jwks-rsa'
import jwt from 'koa-jwt'
import type { JwtContender } from './contender.ts'

/** https://www.npmjs.com/package/koa-jwt with jwks-rsa, as its README has it. */
export const contender: JwtContender = {
  name: 'koa-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  async start({ issuer, jwksUri, audience, algorithm }) {
    const secret = jwksRsa.koaJwtSecret({ jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 })
    const middleware = jwt({ secret, issuer, audience, algorithms: [algorithm] })
    return (authorization) => middleware(contextWith(authorization) as never, async () => undefined)
  },
}

function contextWith(authorization: string): object {
  return {
    header: { authorization },
    headers: { authorization },
    request: {},
    state: {},
    cookies: { get: () => undefined },
    throw: (_status: number, message: string) => {
      throw new Error(message)
    },
  }
}
