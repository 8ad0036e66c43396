import type { IntrospectedClaims } from '../access-token.ts'
import { own } from '../lib/record.ts'
import type { TokenFacts } from '../validated-token.ts'

/** Claims of ID tokens, logout tokens, security events and introspection responses. */
const claimsOfOtherKinds = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'token_introspection']

/**
 * The kind that a JWT states (RFC 8725 §3.11). `typ: at+jwt` states an access token. Many issuers send `JWT` or no
 * `typ`: then only the claims can state another kind. Every other `typ` states another kind.
 */
export function kindOfJwt(typ: unknown, claims: Readonly<Record<string, unknown>>): TokenFacts['statedKind'] {
  const type = mediaType(typ)
  if (wordOf(claims) === 'other') {
    return 'other'
  }
  if (type === 'application/at+jwt') {
    return 'access-token'
  }
  const isGeneric = type === undefined || type === 'application/jwt'
  return isGeneric && !hasClaimsOfOtherKinds(claims) ? undefined : 'other'
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

/** The kind that an introspection response states. `token_type` is that of RFC 6749 §5.1. */
export function kindOfResponse(claims: IntrospectedClaims): TokenFacts['statedKind'] {
  const word = wordOf(claims)
  const type = own(claims, 'token_type')
  const isListed = typeof type === 'string' && accessTokenTypes.has(type.toLowerCase())
  if (word === 'other' || (type !== undefined && !isListed) || hasClaimsOfOtherKinds(claims)) {
    return 'other'
  }
  return isListed || word === 'access-token' ? 'access-token' : undefined
}

const wordsOfAccessTokens: ReadonlySet<string> = new Set(['access', 'access_token', 'at', 'bearer', 'dpop'])

/** The kind that the claims state by a word: in `token_use` (Cognito, Hydra) or in `typ` (Keycloak). */
function wordOf(claims: Readonly<Record<string, unknown>>): TokenFacts['statedKind'] {
  const words = ['token_use', 'typ'].map((name) => own(claims, name)).filter((word) => typeof word === 'string')
  if (words.some((word) => /^(id|refresh|offline|logout)/i.test(word))) {
    return 'other'
  }
  return words.some((word) => wordsOfAccessTokens.has(word.toLowerCase())) ? 'access-token' : undefined
}

/** Older Keycloaks put the `nonce` of the login into access tokens too, and state their kind. */
function hasClaimsOfOtherKinds(claims: Readonly<Record<string, unknown>>): boolean {
  const isStated = wordOf(claims) === 'access-token'
  return claimsOfOtherKinds.some((name) => Object.hasOwn(claims, name) && !(isStated && name === 'nonce'))
}
