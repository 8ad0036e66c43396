/** The claims of a JWT access token, under their wire names (RFC 7519 §4, RFC 9068 §2.2). Deep-frozen. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly sub?: string
  readonly client_id?: string
  readonly iat?: number
  readonly nbf?: number
  readonly jti?: string
  readonly scope?: unknown
  readonly [claim: string]: unknown
}

/** An access token that has been judged, and is good. */
export interface AccessToken {
  readonly kind: 'jwt'
  /** The trusted issuer, as it is configured. */
  readonly issuer: string
  /** `sub`: the resource owner, or the client itself. Only together with `issuer` is it unique. */
  readonly subject: string | undefined
  /**
   * `'client'` when `sub` is the `client_id` or absent: no resource owner took part, and a client that can choose its id
   * must not pass for one (RFC 9700 §4.15). Issuers that give clients a `sub` of another form are not recognized.
   */
  readonly subjectType: 'client' | 'resource-owner'
  /** `client_id`, else `azp`. */
  readonly clientId: string | undefined
  readonly audience: readonly string[]
  readonly scopes: ReadonlySet<string>
  readonly expiresAt: Date
  readonly claims: AccessTokenClaims
  /** The token as it was presented. It is shown by no inspection or serialization, and is not for other APIs (RFC 9700 §4.9). */
  raw(): string
}

/** Claims whose types have been judged become the token that handlers see. */
export function createAccessToken(issuer: string, token: string, claims: AccessTokenClaims): AccessToken {
  const { sub, client_id: clientId, azp, aud, exp, scope } = deepFreeze(claims)
  const client = clientId ?? (typeof azp === 'string' ? azp : undefined)
  const scopes = parseScope(scope)
  const visible = {
    kind: 'jwt' as const,
    issuer,
    subject: sub,
    subjectType: sub === undefined || sub === client ? ('client' as const) : ('resource-owner' as const),
    clientId: client,
    audience: Object.freeze(typeof aud === 'string' ? [aud] : [...aud]),
    scopes,
    expiresAt: toDate(exp),
    claims,
  }
  const hidden = { raw: () => token, toJSON: () => ({ ...visible, scopes: [...scopes] }) }
  return Object.freeze(Object.defineProperties({ ...visible, ...hidden }, { raw: unseen, toJSON: unseen }))
}

const unseen = { enumerable: false }

/** A space-separated string (RFC 6749 §3.3); anything else grants nothing. */
function parseScope(scope: unknown): ReadonlySet<string> {
  return new Set(typeof scope === 'string' ? scope.split(' ').filter((token) => token !== '') : [])
}

/** Beyond what a `Date` can say, the end of time will do. */
function toDate(seconds: number): Date {
  const latest = 8.64e15
  return new Date(Math.min(seconds * 1000, latest))
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
