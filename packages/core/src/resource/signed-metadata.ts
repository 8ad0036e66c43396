import { SignJWT } from 'jose'
import type { AssertionKey } from '../introspection/client-authentication/assertion-key.ts'
import type { Clock } from '../lib/clock.ts'
import type { MetadataDocument } from './resource-metadata.ts'

/** Returns the value of `signed_metadata` for a document (RFC 9728 §2.2). */
export type SignMetadata = (document: MetadataDocument) => Promise<string>

/** Signs a document when it changes, because a signature for every request is expensive. `issuer` attests to it. */
export function createSignMetadata({ key, header }: AssertionKey, issuer: string, clock: Clock): SignMetadata {
  let last: { readonly text: string; readonly jwt: Promise<string> } | undefined

  return async (document) => {
    const text = JSON.stringify(document)
    if (last?.text !== text) {
      const jwt = new SignJWT({ ...document, iss: issuer })
        .setProtectedHeader(header)
        .setIssuedAt(Math.floor(clock() / 1000))
        .sign(key)
      last = { text, jwt }
    }
    return last.jwt
  }
}
