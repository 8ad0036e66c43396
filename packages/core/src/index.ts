export type {
  AccessToken,
  AccessTokenClaims,
  AsIssued,
  IntrospectedClaims,
  JwtAccessToken,
  JwtClaims,
  OpaqueAccessToken,
} from './access-token.ts'
export type { TokenCache } from './cache/token-cache.ts'
export type { Clock } from './clock.ts'
export type { HttpRequest } from './http-request.ts'
export type { StandardSchema } from './standard-schema.ts'
export type { LookUps } from './cache/tally.ts'
export type { StoreHealth } from './cache/verdict-store.ts'
export type {
  BreakerMessage,
  CacheMessage,
  Channels,
  CircuitState,
  DocumentMessage,
  FailureMessage,
  FetchMessage,
  FetchTrace,
  JudgementTrace,
  MisconfigurationMessage,
  Outcome,
  RefusalMessage,
  RotationMessage,
  SecurityMessage,
  StaleMessage,
  UnavailableMessage,
  VerdictMessage,
} from './messages.ts'
export type { Duration } from './duration.ts'
export { active } from './guards/active.ts'
export { audience } from './guards/audience.ts'
export { claims } from './guards/claims.ts'
export { allOf, anyOf } from './guards/combine.ts'
export { defineGuard, type Demands, type Guard, type GuardContext, type GuardInit } from './guards/guard.ts'
export { anyScope, scopes } from './guards/scopes.ts'
export type { InvalidOption } from './invalid-option.ts'
export {
  type AssertionOptions,
  clientSecretJwt,
  privateKeyJwt,
  type PrivateKeyJwtOptions,
} from './issuers/client-authentication/assertion.ts'
export { bearer } from './issuers/client-authentication/bearer.ts'
export type { ClientAuthentication } from './issuers/client-authentication/client-authentication.ts'
export { clientSecretBasic, clientSecretPost } from './issuers/client-authentication/client-secret.ts'
export { type ClientCertificate, tlsClientAuth } from './issuers/client-authentication/tls-client-auth.ts'
export type { SignedAnswers } from './issuers/introspection/answer-form.ts'
export type { ExtraParts, Extras, IntrospectionOptions } from './issuers/introspection/options.ts'
export type { ClaimPath } from './issuers/granted-scopes.ts'
export type { OpaqueRouting } from './issuers/opaque-routing.ts'
export type { CircuitHealth } from './http/breaker.ts'
export type { DocumentHealth } from './http/document-health.ts'
export type { IntrospectionHealth } from './issuers/introspection/start.ts'
export type { IssuerHealth } from './issuers/issuer.ts'
export type { ResolveIssuer } from './issuers/router.ts'
export { type TrustedIssuer, trustedIssuer, type TrustedIssuerOptions } from './issuers/trusted-issuer.ts'
export type { ValidatorOptions } from './options.ts'
export { Refusal, type RefusalCode, type RefusalInit, type RefusalReason, refusalReasons } from './refusal.ts'
export { Unavailable, type UnavailableCode, type UpstreamReason } from './unavailable.ts'
export type { Health, Upkeep } from './upkeep.ts'
export { createValidator, type Validator } from './validator.ts'
