import { type CryptoKey, exportJWK, type JWK } from 'jose'
import { createSigningKey } from './signing-keys.ts'

/** The DPoP key of a client. */
export interface ProofKey {
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** The public key as a proof contains it: the members of the key itself only. */
  readonly jwk: JWK
}

/** Creates a key pair. The caller has checked the algorithm. */
export async function createProofKey(algorithm: string): Promise<ProofKey> {
  const { privateKey, publicKey } = await createSigningKey(algorithm)
  return { algorithm, privateKey, publicKey, jwk: await exportJWK(publicKey) }
}
