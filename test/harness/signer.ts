import { jws, keyPair } from './jws.ts'
import { claimsOf } from './key-issuer.ts'

/** A signing key of an issuer. */
export interface Signer {
  readonly kid: string
  /** What the issuer publishes of it. */
  readonly jwk: object
  /** A token that is good in every respect, with these changes. */
  readonly sign: (issuer: string, changes?: Record<string, unknown>) => string
}

export function createSigner(kid: string): Signer {
  const { jwk, privateKey } = keyPair('P-256')
  const header = { alg: 'ES256', kid, typ: 'at+jwt' }
  return {
    kid,
    jwk: { ...jwk, kid },
    sign: (issuer, changes) => jws(header, { ...claimsOf(issuer), ...changes }, privateKey, 'ES256'),
  }
}
