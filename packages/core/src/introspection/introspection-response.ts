import type { IntrospectedClaims } from '../access-token.ts'
import { isWellTyped } from '../claims/validate-claims.ts'
import { ownMembers } from '../lib/record.ts'

/** What the issuer said of a token. */
export interface IntrospectionResult {
  /** `undefined` when the token is inactive. One object per response, which requests share. It has no prototype. */
  readonly claims: IntrospectedClaims | undefined
  /** The time of the request, in milliseconds. */
  readonly introspectedAt: number
}

/**
 * Parses an introspection response (RFC 7662 §2.2). It checks that `active` is a boolean and that the registered members have their
 * types, and returns `undefined` otherwise. It does NOT validate the claims: the caller does so on every use.
 */
export function parseIntrospectionResponse(document: unknown): Pick<IntrospectionResult, 'claims'> | undefined {
  const members = ownMembers(document)
  if (typeof members['active'] !== 'boolean') {
    return undefined
  }
  if (!members['active']) {
    return { claims: undefined }
  }
  const claims = withoutNulls(members)
  const hasTexts = ['username', 'token_type'].every((name) => ['string', 'undefined'].includes(typeof claims[name]))
  return hasTexts && isWellTyped(claims) ? { claims } : undefined
}

/** The members of RFC 7662 §2.2 that may be absent. */
const registered = 'scope client_id username token_type exp iat nbf sub aud iss jti'.split(' ')

/** Some servers write null for an absent member. */
function withoutNulls(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isPresent = ([name, value]: readonly [string, unknown]): boolean => value !== null || !registered.includes(name)
  return ownMembers(Object.fromEntries(Object.entries(members).filter(isPresent)))
}
