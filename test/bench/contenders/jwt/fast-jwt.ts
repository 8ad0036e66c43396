import { createVerifier } from 'fast-jwt'
import buildGetJwks from 'get-jwks'
import type { Setting } from '../../world/world.ts'
import { type JwtContender, tokenIn, type Verify } from './contender.ts'

/** https://www.npmjs.com/package/fast-jwt with get-jwks, as the README of that has it; get-jwks makes no PEM of keys for EdDSA. */
export const contender: JwtContender = {
  name: 'fast-jwt',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  start: async (setting) => startFastJwt(setting, false),
}

export function startFastJwt({ issuer, audience, algorithm }: Setting, cache: boolean): Verify {
  const getJwks = buildGetJwks({ jwksPath: '/jwks.json' })

  async function key({ header }: { readonly header: { readonly kid?: string } }): Promise<string> {
    return getJwks.getPublicKey({ kid: header.kid ?? '', domain: issuer, alg: algorithm })
  }

  const verify = createVerifier({ key, cache, allowedIss: issuer, allowedAud: audience, algorithms: [algorithm] })
  return (authorization) => verify(tokenIn(authorization))
}
