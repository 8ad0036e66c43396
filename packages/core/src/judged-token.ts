import type {
  AccessToken,
  AccessTokenClaims,
  IntrospectedClaims,
  Judged,
  JwtAccessToken,
  JwtClaims,
  OpaqueAccessToken,
} from './access-token.ts'

/** Who gave a token out, and what it grants by its claims. */
export interface Grant {
  readonly issuer: string
  readonly scopesOf: (claims: AccessTokenClaims) => readonly string[]
}

/**
 * What a verdict says of a token: made once, and shared by all requests that bring the token. Nothing in it can be changed, and the token itself is
 * not in it.
 */
export interface JudgedClaims<Claims = AccessTokenClaims> extends Omit<Judged, 'raw' | 'scopes'> {
  readonly scopes: readonly string[]
  readonly claims: Claims
  /** As in the claims, beside the rest: memory that a request has to wait for costs more than all that is done with it. */
  readonly cnf: unknown
  readonly exp: number | undefined
  readonly nbf: number | undefined
  readonly iat: number | undefined
}

/** Of claims whose types are good. */
export function toJudgedClaims<Claims extends AccessTokenClaims>(
  { issuer, scopesOf }: Grant,
  claims: Claims,
): JudgedClaims<Claims> {
  const { sub, client_id: clientId, azp, aud = [], cnf, exp, nbf, iat }: AccessTokenClaims = deepFreeze(claims)
  const client = clientId ?? (typeof azp === 'string' ? azp : undefined)
  return {
    issuer,
    subject: sub,
    subjectType: sub === undefined || sub === client ? 'client' : 'resource-owner',
    clientId: client,
    audience: Object.freeze(typeof aud === 'string' ? [aud] : [...aud]),
    scopes: scopesOf(claims),
    claims,
    cnf,
    exp,
    nbf,
    iat,
  }
}

/** Judged claims become the token that handlers see. `judge` stands for the validator. */
export function createJwtAccessToken(judged: JudgedClaims<JwtClaims>, token: string, judge: object): JwtAccessToken {
  return Object.freeze(new JudgedToken('jwt', judged, token, judge)) as JwtAccessToken
}

export function createOpaqueAccessToken(
  judged: JudgedClaims<IntrospectedClaims>,
  token: string,
  judge: object,
  introspectedAt: number,
): OpaqueAccessToken {
  return Object.freeze(new JudgedToken('opaque', judged, token, judge, toDate(introspectedAt))) as OpaqueAccessToken
}

/** The token with what a schema made of its claims, which is left as it is. */
export function withClaims<Claims>(token: AccessToken, claims: Claims): AccessToken<Claims> {
  return Object.freeze((token as object as JudgedToken).retyped(claims)) as AccessToken<Claims>
}

/** The token as its issuer sent it, before a schema has seen it; `undefined` for what is none that this validator has judged. */
export function asIssuedBy(judge: object, token: unknown): AccessToken | undefined {
  const isObject = typeof token === 'object' && token !== null
  return isObject ? (JudgedToken.asIssuedBy(judge, token) as AccessToken | undefined) : undefined
}

/** One object for each request that brings the token: what is done to it, no other request sees. */
class JudgedToken {
  declare readonly kind: AccessToken['kind']
  declare readonly issuer: string
  declare readonly subject: string | undefined
  declare readonly subjectType: Judged['subjectType']
  declare readonly clientId: string | undefined
  declare readonly audience: readonly string[]
  declare readonly scopes: ReadonlySet<string>
  declare readonly expiresAt: Date | undefined
  declare claims: unknown
  /** Of an opaque one. */
  declare introspectedAt: Date
  readonly #token: string
  readonly #judged: JudgedClaims
  readonly #judge: object
  /** `undefined` when it is as issued itself. */
  #issued: JudgedToken | undefined

  constructor(kind: AccessToken['kind'], judged: JudgedClaims, token: string, judge: object, introspectedAt?: Date) {
    const { exp } = judged
    this.kind = kind
    this.issuer = judged.issuer
    this.subject = judged.subject
    this.subjectType = judged.subjectType
    this.clientId = judged.clientId
    this.audience = judged.audience
    this.scopes = setOf(judged.scopes)
    this.expiresAt = exp === undefined ? undefined : toDate(exp * 1000)
    this.claims = judged.claims
    if (introspectedAt !== undefined) {
      this.introspectedAt = introspectedAt
    }
    this.#token = token
    this.#judged = judged
    this.#judge = judge
  }

  static asIssuedBy(judge: object, token: object): JudgedToken | undefined {
    return #judge in token && token.#judge === judge ? (token.#issued ?? token) : undefined
  }

  retyped(claims: unknown): JudgedToken {
    const { kind, introspectedAt } = this
    const typed = new JudgedToken(kind, this.#judged, this.#token, this.#judge, introspectedAt)
    typed.claims = claims
    typed.#issued = this
    return typed
  }

  raw(): string {
    return this.#token
  }

  toJSON(): object {
    return Object.assign({}, this, { scopes: [...this.scopes] })
  }
}

/** Name by name: of a frozen array the constructor of `Set` asks its iterator for each. */
function setOf(names: readonly string[]): ReadonlySet<string> {
  const set = new Set<string>()
  for (const name of names) {
    set.add(name)
  }
  return set
}

/** Beyond what a `Date` can say, the end of time will do. */
function toDate(milliseconds: number): Date {
  const latest = 8.64e15
  return new Date(Math.min(milliseconds, latest))
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof member === 'object' && member !== null) {
      deepFreeze(member)
    }
  }
  return Object.freeze(value)
}
