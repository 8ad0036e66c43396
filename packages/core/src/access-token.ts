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

/**
 * The claims of a JWT. A JWT without `iss` or `exp` is refused. One without `aud` is accepted only if the issuer has
 * another claim for the audience, or `missingAudience: 'trust'`.
 */
export interface JwtClaims extends AccessTokenClaims {
  readonly iss: string
  readonly exp: number
}

/** The members of an introspection response about an active token (RFC 7662 §2.2). */
export interface IntrospectedClaims extends AccessTokenClaims {
  readonly username?: string
  readonly token_type?: string
}

/** The members that tokens of both kinds have. */
export interface CommonMembers {
  /** The trusted issuer, as it is configured. */
  readonly issuer: string
  /** `sub`: the resource owner, or the client itself. It is unique only together with `issuer`. */
  readonly subject: string | undefined
  /**
   * `'client'` when `sub` equals the client id, and `'resource-owner'` when it differs. Otherwise a client that chooses
   * its own id could pass for a resource owner (RFC 9700 §4.15). `'unknown'` when one of them is absent. `isClient` in
   * the `dialect` of the issuer replaces this rule: many issuers mark clients in another way.
   */
  readonly subjectType: 'resource-owner' | 'client' | 'unknown'
  /** `client_id`, or `azp` when there is no `client_id`; or what the `dialect` of the issuer names. */
  readonly clientId: string | undefined
  /**
   * `aud`, or the claim that the `dialect` of the issuer names, as an array. Empty for a token without an audience,
   * which only `missingAudience: 'trust'` accepts.
   */
  readonly audience: readonly string[]
  /**
   * The key or the certificate to which the token is bound, and which the sender of the request has. `undefined` for a
   * token that is not bound.
   */
  readonly confirmation: Confirmation | undefined
  /** The granted scopes: those in the claims, and those that the `scopeHierarchy` adds. */
  readonly scopes: ReadonlySet<string>
  /** Returns the token string. Nothing logs or serializes it. Do not send it to another API (RFC 9700 §4.9). */
  raw(): string
  /**
   * Headers that the response to this request needs: `DPoP-Nonce`, when the nonce of the client is past half of its life.
   * The adapters set them. Usually empty. Not enumerable.
   */
  readonly responseHeaders: Readonly<Record<string, string>>
}

/** The members of `cnf` (RFC 7800 §3.1) that the validator has verified for this request. */
export interface Confirmation {
  /** DPoP: the thumbprint of the key that signed the proof (RFC 9449 §6.1). */
  readonly jkt?: string
  /** Mutual TLS: the thumbprint of the client certificate (RFC 8705 §3.1). */
  readonly 'x5t#S256'?: string
}

declare const rawClaims: unique symbol

/** The type argument of a token whose claims no schema has typed. The claims are as the issuer sent them. */
export interface RawClaims {
  readonly [rawClaims]: never
}

/** The type of the claims that an application declares in `TokenTypes`. */
export type ClaimsOf<Types> = Types extends { readonly claims: infer Claims } ? Claims : RawClaims

type Typed<Claims, Raw> = Claims extends RawClaims ? Raw : Claims

/** A validated JWT. */
export interface JwtAccessToken<Claims = RawClaims> extends CommonMembers {
  readonly kind: 'jwt'
  readonly expiresAt: Date
  readonly claims: Typed<Claims, JwtClaims>
}

/** A validated opaque token: its issuer said that it is active. */
export interface OpaqueAccessToken<Claims = RawClaims> extends CommonMembers {
  readonly kind: 'opaque'
  /** `undefined` when the introspection response has no `exp`. */
  readonly expiresAt: Date | undefined
  readonly claims: Typed<Claims, IntrospectedClaims>
  /** The time of the introspection request. With a `TokenCache`: the earliest possible time. */
  readonly introspectedAt: Date
}

/**
 * A validated access token. `kind` says how it was validated. Without a schema in the option `claims`, its claims are
 * deep-frozen and as the issuer sent them. With a schema, they are the output of the schema.
 */
export type AccessToken<Claims = RawClaims> = JwtAccessToken<Claims> | OpaqueAccessToken<Claims>
