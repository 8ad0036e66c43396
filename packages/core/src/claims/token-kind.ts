import { invalidToken } from '../responses/refusal.ts'
import type { ParsedJwt } from '../jwt/parse-jwt.ts'

/** Claims that only other kinds of JWT carry: ID tokens, logout tokens and security events, introspection answers. */
const marksOfOtherKinds = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'token_introspection']

const claimsOfTheProfile = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

/**
 * Whether a JWT is an access token and no other kind of JWT (RFC 8725 §3.11, §3.12). `typ` `at+jwt` says so; `JWT` or none
 * is what many issuers send, and passes unless the claims show otherwise; any other is refused. The profile
 * `'rfc9068'` demands `at+jwt` and the claims of RFC 9068 §2.2.
 */
export function expectAccessToken({ header, claims }: ParsedJwt, profile: 'rfc9068' | undefined): void {
  const type = mediaType(header.typ)
  if (profile === 'rfc9068' && claimsOfTheProfile.some((name) => claims[name] === undefined)) {
    throw invalidToken('missing-claim')
  }
  const isGeneric = profile === undefined && (type === 'none' || type === 'application/jwt')
  const isAccessToken = type === 'application/at+jwt' || (isGeneric && !showsAnotherKind(claims))
  if (!isAccessToken) {
    throw invalidToken('wrong-token-type')
  }
}

/** Media types compare without regard to case, and one without a slash means `application/` (RFC 7515 §4.1.9). */
export function mediaType(typ: unknown): string {
  if (typ === undefined) {
    return 'none'
  }
  const name = typeof typ === 'string' ? typ.toLowerCase() : ''
  return name.includes('/') ? name : `application/${name}`
}

function showsAnotherKind(claims: Readonly<Record<string, unknown>>): boolean {
  return marksOfOtherKinds.some((name) => Object.hasOwn(claims, name))
}
