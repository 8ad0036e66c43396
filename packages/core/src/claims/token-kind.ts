import type { IntrospectedClaims } from '../access-token.ts'
import { own } from '../lib/record.ts'
import type { TokenFacts } from '../validated-token.ts'

/** Claims of other kinds of JWT: ID tokens, logout tokens, security events and introspection responses. */
const claimsOfOtherKinds = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'token_introspection']

/**
 * The kind that a JWT states (RFC 8725 §3.11). `typ: at+jwt` states an access token. Many issuers send `JWT` or no
 * `typ`: then only the claims can state another kind. Every other `typ` states another kind.
 */
export function kindOfJwt(typ: unknown, claims: Readonly<Record<string, unknown>>): TokenFacts['statedKind'] {
  const type = mediaType(typ)
  if (type === 'application/at+jwt') {
    return 'access-token'
  }
  const isGeneric = type === undefined || type === 'application/jwt'
  return isGeneric && !claimsOfOtherKinds.some((name) => Object.hasOwn(claims, name)) ? undefined : 'other'
}

/** The full media type of a `typ`. A type without a slash is short for `application/` (RFC 7515 §4.1.9). */
export function mediaType(typ: unknown): string | undefined {
  if (typ === undefined) {
    return undefined
  }
  const name = typeof typ === 'string' ? typ.toLowerCase() : ''
  return name.includes('/') ? name : `application/${name}`
}

const accessTokenTypes: ReadonlySet<string> = new Set([
  'bearer',
  'dpop',
  'access_token',
  'urn:ietf:params:oauth:token-type:access_token',
])

/**
 * The kind that an introspection response states. `token_type` is that of RFC 6749 §5.1. Some servers state the kind
 * there, in `token_use` (Hydra) or in `typ` (Keycloak).
 */
export function kindOfResponse(claims: IntrospectedClaims): TokenFacts['statedKind'] {
  const type = own(claims, 'token_type')
  const words = ['token_use', 'typ'].map((name) => own(claims, name))
  const isOther = words.some((word) => typeof word === 'string' && /^(refresh|id|logout)/i.test(word))
  const isListed = type === undefined || (typeof type === 'string' && accessTokenTypes.has(type.toLowerCase()))
  return isOther || !isListed ? 'other' : undefined
}
