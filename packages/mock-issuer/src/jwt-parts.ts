import { CompactEncrypt } from 'jose'
import type { Claims } from './access-token.ts'
import { textBytes } from './text-bytes.ts'

/** A header or claims as a part of a JWT: the base64url text of their JSON. */
export function encodePart(members: Claims): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}

/** A JWE whose key only this function knows. */
export async function encryptClaims(typ: string, claims: Claims): Promise<string> {
  const plaintext = textBytes(JSON.stringify(claims))
  const key = crypto.getRandomValues(new Uint8Array(32))
  return new CompactEncrypt(plaintext).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ }).encrypt(key)
}
