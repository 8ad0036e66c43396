export type {
  AccessToken,
  AccessTokenClaims,
  RawClaims,
  IntrospectedClaims,
  JwtAccessToken,
  JwtClaims,
  OpaqueAccessToken,
} from './access-token.ts'
export type { TokenCache } from './cache/token-cache.ts'
export type { Clock } from './lib/clock.ts'
export type { HttpRequest } from './request/http-request.ts'
export type { StandardSchema } from './lib/standard-schema.ts'
export type { CacheStats } from './cache/cache-stats.ts'
export type { CacheHealth } from './introspection/response-cache.ts'
export type {
  BreakerMessage,
  CacheMessage,
  Channels,
  CircuitState,
  DocumentMessage,
  FailureMessage,
  FetchMessage,
  FetchTrace,
  AuthenticationTrace,
  MisconfigurationMessage,
  Outcome,
  RefusalMessage,
  RotationMessage,
  SecurityMessage,
  StaleMessage,
  UnavailableMessage,
  VerdictMessage,
} from './diagnostics/messages.ts'
export type { Duration } from './lib/duration.ts'
export { active } from './guards/active.ts'
export { audience } from './guards/audience.ts'
export { claims } from './guards/claims.ts'
export { allOf, anyOf } from './guards/combine.ts'
export { defineGuard, type Demands, type Guard, type GuardContext, type GuardInit } from './guards/guard.ts'
export { anyScope, scopes } from './guards/scopes.ts'
export type { InvalidOption } from './lib/invalid-option.ts'
export {
  type AssertionOptions,
  clientSecretJwt,
  privateKeyJwt,
  type PrivateKeyJwtOptions,
} from './introspection/client-authentication/assertion.ts'
export { bearerToken } from './introspection/client-authentication/bearer-token.ts'
export type { ClientAuthentication } from './introspection/client-authentication/client-authentication.ts'
export { clientSecretBasic, clientSecretPost } from './introspection/client-authentication/client-secret.ts'
export { type ClientCertificate, tlsClientAuth } from './introspection/client-authentication/tls-client-auth.ts'
export type { JwtResponse } from './introspection/response-format.ts'
export type { RequestParts, RequestParameters, IntrospectionOptions } from './introspection/introspection-options.ts'
export type { ClaimPath } from './claims/granted-scopes.ts'
export type { OpaqueRouting } from './issuers/opaque-routing.ts'
export type { CircuitHealth } from './http/circuit-breaker.ts'
export type { DocumentHealth } from './http/document-health.ts'
export type { IntrospectionHealth } from './introspection/start-introspection.ts'
export type { IssuerHealth } from './issuers/issuer.ts'
export type { ResolveIssuer } from './issuers/issuer-registry.ts'
export { type TrustedIssuer, trustedIssuer, type TrustedIssuerOptions } from './issuers/trusted-issuer.ts'
export type { ValidatorOptions } from './options.ts'
export { Refusal, type RefusalCode, type RefusalInit, type RefusalReason, refusalReasons } from './responses/refusal.ts'
export { Unavailable, type UnavailableCode, type UpstreamReason } from './responses/unavailable.ts'
export type { Health, Lifecycle } from './lifecycle.ts'
export { createValidator, type Validator } from './validator.ts'
