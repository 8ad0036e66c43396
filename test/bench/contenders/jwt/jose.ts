import { createRemoteJWKSet, jwtVerify, type JWTVerifyResult } from 'jose'
import { algorithms, type Setting } from '../../world/world.ts'
import { type JwtContender, tokenIn } from './contender.ts'

/** https://www.npmjs.com/package/jose, as its documentation has it for remote key sets. */
export const contender: JwtContender = {
  name: 'jose',
  algorithms,
  role: 'peer',
  module: import.meta.url,
  async start(setting) {
    const verify = joseVerify(setting)
    return (authorization) => verify(tokenIn(authorization))
  },
}

/** What resolves for a token that is good. */
export function joseVerify({
  issuer,
  jwksUri,
  audience,
  algorithm,
}: Setting): (token: string) => Promise<JWTVerifyResult> {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  return (token) => jwtVerify(token, keys, { issuer, audience, algorithms: [algorithm] })
}
