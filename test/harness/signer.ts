import { jws, keyPair } from './jws.ts'
import { claimsOf } from './scripted-issuer.ts'

/** A signing key of an issuer. */
export interface Signer {
  readonly kid: string
  /** The public key, as the issuer publishes it. */
  readonly jwk: object
  /** A token that is good in every respect, with these changes. */
  readonly sign: (issuer: string, changes?: Record<string, unknown>, kid?: string) => string
}

export function createSigner(kid: string): Signer {
  const { jwk, privateKey } = keyPair('P-256')
  return {
    kid,
    jwk: { ...jwk, kid },
    sign: (issuer, changes, header = kid) =>
      jws({ alg: 'ES256', kid: header, typ: 'at+jwt' }, { ...claimsOf(issuer), ...changes }, privateKey, 'ES256'),
  }
}
