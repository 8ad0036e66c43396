import { type Algorithm, algorithms } from '../../world/world.ts'
import { type JwtContender, tokenIn } from './contender.ts'
import { partsOf, publicKeyOf } from './public-key.ts'

/** The signature alone, by the key at hand, in the thread pool. */
export const contender: JwtContender = {
  name: 'WebCrypto verify',
  algorithms,
  role: 'floor',
  module: import.meta.url,
  async start(setting) {
    const { importedAs, verifiedBy } = parameters[setting.algorithm]
    const { alg: _alg, ...jwk } = await publicKeyOf(setting)
    const key = await crypto.subtle.importKey('jwk', jwk, importedAs, false, ['verify'])
    return async (authorization) => {
      const { signed, signature } = partsOf(tokenIn(authorization))
      if (!(await crypto.subtle.verify(verifiedBy, key, signature, signed))) {
        throw new Error('The signature is bad')
      }
    }
  },
}

interface Parameters {
  readonly importedAs: { readonly name: string; readonly hash?: string; readonly namedCurve?: string }
  readonly verifiedBy: { readonly name: string; readonly hash?: string; readonly saltLength?: number }
}

const parameters: Readonly<Record<Algorithm, Parameters>> = {
  RS256: { importedAs: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, verifiedBy: { name: 'RSASSA-PKCS1-v1_5' } },
  PS256: { importedAs: { name: 'RSA-PSS', hash: 'SHA-256' }, verifiedBy: { name: 'RSA-PSS', saltLength: 32 } },
  ES256: { importedAs: { name: 'ECDSA', namedCurve: 'P-256' }, verifiedBy: { name: 'ECDSA', hash: 'SHA-256' } },
  EdDSA: { importedAs: { name: 'Ed25519' }, verifiedBy: { name: 'Ed25519' } },
}
