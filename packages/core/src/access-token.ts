/** The claims of an access token under their wire names (RFC 7519 §4, RFC 9068 §2.2, RFC 7662 §2.2). Deep-frozen. */
export interface AccessTokenClaims {
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly exp?: number
  readonly sub?: string
  readonly client_id?: string
  readonly iat?: number
  readonly nbf?: number
  readonly jti?: string
  readonly scope?: unknown
  readonly [claim: string]: unknown
}

/** The claims of a JWT, which has to say these. */
export interface JwtClaims extends AccessTokenClaims {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly exp: number
}

/** What a server said of an active token when it was introspected. */
export interface IntrospectedClaims extends AccessTokenClaims {
  readonly username?: string
  readonly token_type?: string
}

/** What is known of a token of either kind. */
export interface Judged {
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
  /** `aud`; empty for an opaque token of which its issuer, trusted in that, names none. */
  readonly audience: readonly string[]
  /** What it grants here: the scopes that its issuer's `scopesFrom` finds in the claims, and those that they imply by `scopeHierarchy`. */
  readonly scopes: ReadonlySet<string>
  /** The token as it was presented. It is shown by no inspection or serialization, and is not for other APIs (RFC 9700 §4.9). */
  raw(): string
}

declare const asIssued: unique symbol

/** Stands for claims that no schema has been put to: they are as the issuer sent them. */
export interface RawClaims {
  readonly [asIssued]: never
}

/** The claims that an application has declared in a `TokenTypes`. */
export type ClaimsOf<Types> = Types extends { readonly claims: infer Claims } ? Claims : RawClaims

type Typed<Claims, Issued> = Claims extends RawClaims ? Issued : Claims

/** A JWT whose signature and claims are good. */
export interface JwtAccessToken<Claims = RawClaims> extends Judged {
  readonly kind: 'jwt'
  readonly expiresAt: Date
  readonly claims: Typed<Claims, JwtClaims>
}

/** A token that its issuer called active when it was introspected, and whose claims are good. */
export interface OpaqueAccessToken<Claims = RawClaims> extends Judged {
  readonly kind: 'opaque'
  /** Absent when the issuer does not say. */
  readonly expiresAt: Date | undefined
  readonly claims: Typed<Claims, IntrospectedClaims>
  /** When the issuer was asked, which may be as long ago as `cacheFor`; for an answer from a shared cache the earliest time that can be. */
  readonly introspectedAt: Date
}

/** An access token that has been judged, and is good. `kind` tells how. `Claims` is what the schema of the option `claims` makes of them; without one they are deep-frozen. */
export type AccessToken<Claims = RawClaims> = JwtAccessToken<Claims> | OpaqueAccessToken<Claims>
