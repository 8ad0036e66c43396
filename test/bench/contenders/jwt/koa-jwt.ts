import jwksRsa from 'jwks-rsa'
import jwt from 'koa-jwt'
import type { Middleware } from 'koa'
import type { Setting } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'
import { remoteKeys } from './jwks-rsa.ts'

/** https://www.npmjs.com/package/koa-jwt with jwks-rsa, as its README has it. */
export const contender: JwtContender = {
  name: 'koa-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  async start(setting) {
    const middleware = koaJwt(setting)
    return (authorization) => middleware(contextWith(authorization) as never, async () => undefined)
  },
}

/** The middleware, for Koa. */
export function koaJwt({ issuer, jwksUri, audience, algorithm }: Setting): Middleware {
  const secret = jwksRsa.koaJwtSecret(remoteKeys(jwksUri))
  return jwt({ secret, issuer, audience, algorithms: [algorithm] })
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
