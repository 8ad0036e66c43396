import type { ClaimPath } from '../claims/claim-path.ts'
import type { Dialect } from '../claims/dialect.ts'
import type { IntrospectionOptions } from '../introspection/introspection-options.ts'
import type { KeyOptions } from '../keys/key-options.ts'
import type { Duration } from '../lib/duration.ts'

/** The options of `trustedIssuer`. */
export interface TrustedIssuerOptions extends KeyOptions {
  /** The audience that its tokens must name; one of them, if several. Default: the `audience` of the validator. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * What the validator does with a token that names no audience. `'trust'` accepts it as meant for this API. That is
   * safe only when the issuer issues tokens for no other API, and when `isAccessToken` or the token itself excludes its
   * refresh tokens. An empty `aud` counts as absent. It applies to JWTs and to introspection responses. Default:
   * `'refuse'`.
   */
  readonly missingAudience?: 'refuse' | 'trust' | undefined
  /**
   * `'enforced'`: the tokens of organizations (Logto) are accepted only by routes with the guard `organization`. These
   * are tokens with `organization_id`, and tokens whose `aud` is `urn:logto:organization:<id>`. Default: `'ignored'`: the
   * former are ordinary tokens, and the latter have a wrong audience.
   */
  readonly organizations?: 'ignored' | 'enforced' | undefined
  /** Where and how the issuer writes its claims. Default: as RFC 9068 and RFC 7662 say. */
  readonly dialect?: Dialect | undefined
  /**
   * `'rfc9068'` demands the JWT profile for access tokens: `typ` `at+jwt`, and `iss`, `exp`, `aud`, `sub`, `client_id`,
   * `iat` and `jti`. Default: `typ` `JWT` or no `typ` is accepted too, unless the claims state another kind of token.
   *
   * `'fapi2'` demands what FAPI 2.0 §5.3.4 demands of a resource server: each token is bound to a key (DPoP) or to a
   * certificate (mutual TLS), and the algorithms are ES256, PS256, EdDSA and Ed25519. DPoP is accepted when the validator
   * has neither `dpop` nor `mtls`.
   */
  readonly profile?: 'rfc9068' | 'fapi2' | undefined
  /** The maximum remaining lifetime of a token. With it, an `iat` in the future is refused too. Default: no limit. */
  readonly maxLifetime?: Duration | undefined
  /** @deprecated The same as `dialect: { scopes }`. */
  readonly scopesFrom?: string | readonly ClaimPath[] | undefined
  /** The scopes that a scope of its tokens implies. Default: the `scopeHierarchy` of the validator. */
  readonly scopeHierarchy?: Readonly<Record<string, string | readonly string[]>> | undefined
  /**
   * The format of its tokens. `'jwt'`: JWTs only. `'opaque'`: every token is introspected. `'both'`: a JWT is validated
   * as a JWT and is never introspected, and every other token is introspected. Default: `'both'` with `introspection`,
   * otherwise `'jwt'`.
   */
  readonly formats?: 'jwt' | 'opaque' | 'both' | undefined
  /**
   * `'public'`: the library connects to no loopback, private or other special address, whatever the name or the
   * metadata say. With your own `dispatcher`, it checks only the host in the URL. Default: `'any'` for listed issuers.
   * `'public'` for issuers of an `issuer` function, because their names come out of tokens; a name on loopback has
   * `'any'`.
   */
  readonly network?: 'any' | 'public' | undefined
  /** How to introspect its tokens (RFC 7662): opaque tokens, and all tokens under the guard `active`. */
  readonly introspection?: IntrospectionOptions | undefined
}
