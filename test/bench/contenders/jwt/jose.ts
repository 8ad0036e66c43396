import { createRemoteJWKSet, jwtVerify } from 'jose'
import { algorithms } from '../../world/world.ts'
import { type JwtContender, tokenIn } from './contender.ts'

/** https://www.npmjs.com/package/jose, as its documentation has it for remote key sets. */
export const contender: JwtContender = {
  name: 'jose',
  algorithms,
  role: 'peer',
  module: import.meta.url,
  async start({ issuer, jwksUri, audience, algorithm }) {
    const keys = createRemoteJWKSet(new URL(jwksUri))
    return (authorization) => jwtVerify(tokenIn(authorization), keys, { issuer, audience, algorithms: [algorithm] })
  },
}
