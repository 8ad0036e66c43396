import type { AccessTokenClaims, JwtClaims } from '../access-token.ts'
import { own } from '../lib/record.ts'
import { invalidToken } from '../responses/refusal.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * The claims of a JWT: `iss` and `exp` are there, and the registered claims have their types. No value is converted.
 * Whether an audience must be there depends on the issuer: step 4 decides.
 *
 * @throws Refusal 401 `missing-claim` or `malformed-claim`.
 */
export function validateJwtClaims(members: Members): JwtClaims {
  const claims = withoutNulls(members, nullableInJwts)
  const missing = absentIn(claims, ['iss', 'exp'])
  if (missing.length > 0) {
    throw invalidToken('missing-claim', missing)
  }
  const malformed = malformedIn(claims)
  if (malformed.length > 0) {
    throw invalidToken('malformed-claim', malformed)
  }
  return claims as JwtClaims
}

/** The names that are absent. */
export function absentIn(claims: Members, names: readonly string[]): readonly string[] {
  return names.filter((name) => own(claims, name) === undefined)
}

/** The registered claims that have another type than RFC 7519 §4.1 and RFC 7662 §2.2 say. */
export function malformedIn(claims: Members): readonly string[] {
  const isMalformed = ([name, hasType]: (typeof types)[number]): boolean => {
    const claim = own(claims, name)
    return claim !== undefined && !hasType(claim)
  }
  return types.filter(isMalformed).map(([name]) => name)
}

/** Some servers write `null` for a claim that is absent. In other claims, `null` may mean more. */
export function withoutNulls(claims: Members, nullable: readonly string[]): AccessTokenClaims {
  const nulls = nullable.filter((name) => own(claims, name) === null)
  const present = Object.entries(claims).filter(([name]) => !nulls.includes(name))
  return nulls.length === 0 ? claims : Object.fromEntries(present)
}

/** A time that is `null` is malformed in a JWT (RFC 7519 §2). */
const nullableInJwts = ['sub', 'aud', 'client_id', 'azp', 'jti', 'scope']

/** The members of RFC 7662 §2.2 that may be absent. */
export const nullableInResponses: readonly string[] = nullableInJwts.concat(
  'iss exp nbf iat username token_type'.split(' '),
)

const isString = (claim: unknown): boolean => typeof claim === 'string'

const types = Object.entries<(claim: unknown) => boolean>({
  iss: isString,
  sub: isString,
  jti: isString,
  client_id: isString,
  exp: Number.isFinite,
  nbf: Number.isFinite,
  iat: Number.isFinite,
  aud: (claim) => isString(claim) || (Array.isArray(claim) && claim.every(isString)),
})
