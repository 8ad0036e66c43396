import type { JWK } from 'jose'
import type { Setting } from '../../world/world.ts'

/** The one key of an issuer. */
export async function publicKeyOf({ jwksUri }: Setting): Promise<JWK> {
  const response = await fetch(jwksUri)
  const { keys } = (await response.json()) as { readonly keys: readonly JWK[] }
  return keys[0] ?? {}
}

export interface Parts {
  readonly signed: Buffer<ArrayBuffer>
  readonly signature: Buffer<ArrayBuffer>
}

/** What is signed, and the signature. */
export function partsOf(token: string): Parts {
  const end = token.lastIndexOf('.')
  return {
    signed: Buffer.from(token.slice(0, end), 'latin1'),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  }
}
