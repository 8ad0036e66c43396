import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { JWK } from 'jose'
import { headerOf } from './measure/laps.ts'
import { audience, commonClaims } from './world/tokens.ts'

/** Signs the first two parts of a token. */
export interface Signer {
  readonly alg: 'HS256' | 'ES256'
  readonly kid?: string
  readonly sign: (input: string) => string
}

const now = Math.floor(Date.now() / 1000)
const common = JSON.stringify({ ...commonClaims, aud: audience, iat: now, exp: now + 4 * 3600 }).slice(1)

/**
 * Makes `Authorization` headers with tokens of about 1.5 kB, each of its own `jti` and `sub`. By hand, for a library takes too long over a
 * million of them.
 */
export function minting({ alg, kid, sign: signatureOf }: Signer, issuer: string): (index: number) => Buffer {
  const header = base64url(JSON.stringify({ alg, typ: 'at+jwt', kid }))
  return (index) => {
    const identity = `{"iss":"${issuer}","jti":"${now}-${index}","sub":"somebody-${index}",`
    const input = `${header}.${base64url(identity + common)}`
    return headerOf(`${input}.${signatureOf(input)}`)
  }
}

/** With the secret that it signs with. */
export function hmac(): Signer & { readonly secret: Uint8Array } {
  const secret = randomBytes(32)
  return { alg: 'HS256', secret, sign: (input) => createHmac('sha256', secret).update(input).digest('base64url') }
}

/** By a private key on P-256. */
export function ecdsa(jwk: JWK): Signer {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return {
    alg: 'ES256',
    kid: jwk.kid ?? '',
    sign: (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  }
}

/** A public key that signs nothing here. */
export function otherKey(kid: string): JWK {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
