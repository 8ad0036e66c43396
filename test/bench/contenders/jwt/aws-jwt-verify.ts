import { JwtVerifier } from 'aws-jwt-verify'
import { type JwtContender, tokenIn } from './contender.ts'

/** https://www.npmjs.com/package/aws-jwt-verify, for any issuer. It fetches by https alone, so that it is given the keys. */
export const contender: JwtContender = {
  name: 'aws-jwt-verify',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  role: 'peer',
  module: import.meta.url,
  async start({ issuer, jwksUri, audience }) {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri })
    const response = await fetch(jwksUri)
    verifier.cacheJwks((await response.json()) as Parameters<typeof verifier.cacheJwks>[0])
    return (authorization) => verifier.verify(tokenIn(authorization))
  },
}
