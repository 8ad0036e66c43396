import jwt from 'jsonwebtoken'
import jwksRsa from 'jwks-rsa'
import { type JwtContender, tokenIn } from './contender.ts'
import { remoteKeys } from './jwks-rsa.ts'

/** https://www.npmjs.com/package/jsonwebtoken with jwks-rsa, as its README has it. */
export const contender: JwtContender = {
  name: 'jsonwebtoken',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  async start({ issuer, jwksUri, audience, algorithm }) {
    const client = jwksRsa(remoteKeys(jwksUri))
    const findKey: jwt.GetPublicKeyOrSecret = ({ kid }, found) =>
      client.getSigningKey(kid, (error, key) => found(error, key?.getPublicKey()))
    const options = { issuer, audience, algorithms: [algorithm as 'RS256'] }
    return (authorization) =>
      new Promise((resolve, reject) => {
        jwt.verify(tokenIn(authorization), findKey, options, (error, payload) =>
          error === null ? resolve(payload) : reject(error),
        )
      })
  },
}
