import type { AccessTokenClaims, CommonMembers } from './access-token.ts'

/**
 * The statements of a token whose signature or introspection response is good. Step 4 still validates its claims, on
 * every request. The caches store this and no decision.
 * All requests with one token share it. It is frozen but for its set, of which each request gets a copy. It does not
 * contain the token string.
 */
export interface ValidatedToken
  extends Omit<CommonMembers, 'confirmation' | 'responseHeaders' | 'raw' | keyof Granted>, TokenFacts {
  readonly claims: AccessTokenClaims
  readonly exp: number | undefined
  readonly nbf: number | undefined
  readonly iat: number | undefined
  readonly cnf: unknown
}

/** The parts of a validated token that its validation adds to its claims. */
export interface TokenFacts extends Statements {
  readonly kind: 'jwt' | 'opaque'
  readonly issuer: string
  /** For opaque tokens: the time of the introspection request, in milliseconds. */
  readonly introspectedAt: number | undefined
  readonly policy: ClaimsPolicy
}

/** What the claims of a token say, in the dialect of its issuer. */
export interface Statements extends Pick<CommonMembers, 'clientId' | 'audience'> {
  /** `undefined` when the token states no kind. */
  readonly statedKind: StatedKind | undefined
  /** The rest, read on its first use: functions of the application get no token that step 4 refuses. */
  readonly granted: () => Granted
}

type Granted = Pick<CommonMembers, 'subjectType' | 'scopes'>

/** The kind of token that the header and the claims state. */
export interface StatedKind {
  readonly kind: 'access-token' | 'other'
  /** The claims that state it, or `typ` of the header. Empty for `at+jwt` and for a function of the dialect. */
  readonly by: readonly string[]
}

/** What the issuer's options demand of the claims, on every request. */
export interface ClaimsPolicy {
  readonly audience: readonly string[]
  /** The claim that says for whom a token is. */
  readonly audienceClaim: string
  /** The claims that contain scopes. Empty for a function. */
  readonly scopeClaims: readonly string[]
  readonly missingAudience: 'refuse' | 'trust'
  readonly organizations: 'ignored' | 'enforced'
  /** Whether each token must be bound to a key or a certificate. */
  readonly binding: 'required' | 'optional'
  readonly profile: 'rfc9068' | undefined
  /** Milliseconds, as the next member. */
  readonly maxLifetime: number | undefined
  readonly clockTolerance: number
}

/** Reads the times and the confirmation once, as own members. The claims are frozen, and their types were checked. */
export function createValidatedToken(claims: AccessTokenClaims, facts: TokenFacts): ValidatedToken {
  const claim = <Name extends string>(name: Name): AccessTokenClaims[Name] =>
    Object.hasOwn(claims, name) ? claims[name] : undefined
  return Object.freeze({
    ...facts,
    // An empty text is absent.
    subject: claim('sub') || undefined,
    claims,
    exp: claim('exp'),
    nbf: claim('nbf'),
    iat: claim('iat'),
    cnf: claim('cnf'),
  })
}
