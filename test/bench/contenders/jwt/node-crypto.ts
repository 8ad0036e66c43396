import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Algorithm, algorithms } from '../../world/world.ts'
import { type JwtContender, tokenIn } from './contender.ts'
import { partsOf, publicKeyOf } from './public-key.ts'

/** The signature alone, by the key at hand, on the thread that asks. */
export const contender: JwtContender = {
  name: 'node:crypto verify, synchronous',
  algorithms,
  role: 'floor',
  module: import.meta.url,
  async start(setting) {
    const key = createPublicKey({ key: await publicKeyOf(setting), format: 'jwk' })
    const { hash, ...options } = parameters[setting.algorithm]
    const by: { key: KeyObject } = { key, ...options }
    return (authorization) => {
      const { signed, signature } = partsOf(tokenIn(authorization))
      if (!verify(hash, signed, by, signature)) {
        throw new Error('The signature is bad')
      }
    }
  },
}

const parameters: Readonly<Record<Algorithm, { readonly hash: string | null; readonly [option: string]: unknown }>> = {
  RS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PADDING },
  PS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  ES256: { hash: 'sha256', dsaEncoding: 'ieee-p1363' },
  EdDSA: { hash: null },
}
