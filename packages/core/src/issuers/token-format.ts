import { type ParsedJwt, parseJwt } from '../jwt/parse-jwt.ts'
import { findString } from '../lib/json.ts'

/** A token and its format. Nothing in it is verified. */
export type ParsedToken =
  | { readonly format: 'opaque'; readonly text: string }
  /** `jwt` is `undefined` for a JWT that is not well-formed. */
  | { readonly format: 'jwt'; readonly text: string; readonly jwt: ParsedJwt | undefined }

/**
 * Parses a token. A JWT has three segments, and the first one decodes to a JSON object with a string `alg`. Faults of
 * base64url, UTF-8 and JSON do not make a JWT opaque, because introspection must not accept a faulty JWT. Every other
 * token is opaque, also an encrypted one. Does not check the characters of an opaque token.
 */
export function parseToken(text: string): ParsedToken {
  const jwt = parseJwt(text)
  return jwt !== undefined || isFaultyJwt(text) ? { format: 'jwt', text, jwt } : { format: 'opaque', text }
}

function isFaultyJwt(text: string): boolean {
  const [first = '', , third, fourth] = text.split('.', 4)
  return third !== undefined && fourth === undefined && algorithmIn(first) !== undefined
}

function algorithmIn(segment: string): string | undefined {
  return findString(new TextDecoder().decode(Buffer.from(segment, 'base64url')), 'alg')
}
