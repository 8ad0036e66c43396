import { hasJwtForm, type ParsedJwt, parseJwt } from '../jwt/parse-jwt.ts'

/** A token and its format. Nothing in it is verified. */
export type ParsedToken =
  | { readonly format: 'opaque'; readonly text: string }
  /** `jwt` is `undefined` for a JWT that is not well-formed, or is encrypted. */
  | { readonly format: 'jwt'; readonly text: string; readonly jwt: ParsedJwt | undefined }

/**
 * Parses a token. A JWT has three segments, or five when it is encrypted, and the first one decodes to a JSON object.
 * Faults of base64url, UTF-8, JSON or the header do not make a JWT opaque, because introspection must not accept a
 * faulty JWT. Every other token is opaque. Does not check the characters of an opaque token.
 */
export function parseToken(text: string): ParsedToken {
  const jwt = parseJwt(text)
  return jwt !== undefined || hasJwtForm(text) ? { format: 'jwt', text, jwt } : { format: 'opaque', text }
}
