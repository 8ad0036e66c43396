import '../require/expect-node.cjs'
export type {
  AccessToken,
  AccessTokenClaims,
  Confirmation,
  IntrospectedClaims,
  JwtAccessToken,
  JwtClaims,
  OpaqueAccessToken,
  RawClaims,
} from './access-token.ts'
export type { TokenCache } from './cache/token-cache.ts'
export { type AuthorizationDetail, authorizationDetailsOf } from './claims/authorization-details.ts'
export type { ClaimPath } from './claims/claim-path.ts'
export type { AccessTokenMark, Dialect, IsAccessToken, TokenHeader } from './claims/dialect.ts'
export type { DpopOptions } from './constraints/dpop/dpop-options.ts'
export { memoryReplayStore, type MemoryReplayStoreOptions } from './constraints/replay/memory-replay-store.ts'
export type { MtlsOptions, ProxyCertificate } from './constraints/mtls/mtls-options.ts'
export type { ReplayStore } from './constraints/replay/replay-store.ts'
export { createValidator } from './create-validator.ts'
export { subscribe } from './diagnostics/subscribe.ts'
export type { Explanation, ExplanationReport, Step } from './explain/explanation.ts'
export type { Explain } from './explain/reports.ts'
export { active } from './guards/active.ts'
export { audience } from './guards/audience.ts'
export { type AuthorizationDetailPredicate, authorizationDetails } from './guards/authorization-details.ts'
export type { AuthorizationDetailsOptions } from './guards/authorization-remedy.ts'
export { claims } from './guards/claims.ts'
export { allOf, anyOf } from './guards/combine.ts'
export { dpopBound } from './guards/dpop-bound.ts'
export {
  defineGuard,
  type Demands,
  type Guard,
  type GuardContext,
  type GuardInit,
  type GuardResult,
} from './guards/guard.ts'
export { organization, type OrganizationOptions } from './guards/organization.ts'
export { anyScope, scopes } from './guards/scopes.ts'
export { stepUp, type StepUpOptions } from './guards/step-up.ts'
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
export type { IntrospectionOptions } from './introspection/introspection-options.ts'
export type { RequestParameters, RequestParts } from './introspection/request-parameters.ts'
export type { JwtResponse } from './introspection/response-format.ts'
export type { ResolveIssuer } from './issuers/issuer-resolver.ts'
export type { OpaqueRouting } from './issuers/opaque-routing.ts'
export type { TrustedIssuerOptions } from './issuers/issuer-options.ts'
export { type TrustedIssuer, trustedIssuer } from './issuers/trusted-issuer.ts'
export type { KeyFunction } from './keys/function-keys.ts'
export type { KeyHeader } from './keys/key-set.ts'
export type { Connection, WebSocketConnection } from './leases/connection.ts'
export type { StreamConnection } from './leases/end-stream.ts'
export type { SocketIoConnection } from './leases/socket-io-connection.ts'
export { lease, type Lease } from './leases/lease.ts'
export { leaseResponse } from './leases/lease-response.ts'
export type { Clock } from './lib/clock.ts'
export type { Duration } from './lib/duration.ts'
export type { InvalidOption } from './lib/invalid-option.ts'
export type { MaybePromise } from './lib/maybe-promise.ts'
export type { Secrets } from './lib/secrets.ts'
export type { StandardSchema } from './lib/standard-schema.ts'
export type { Lifecycle } from './lifecycle.ts'
export type { ValidatorOptions } from './options.ts'
export {
  cookie,
  type CookieOptions,
  type CookieSource,
  type CredentialSource,
  header,
  type HeaderSource,
  webSocketProtocol,
  type WebSocketProtocolSource,
} from './request/credential-sources.ts'
export type { HttpRequest } from './request/http-request.ts'
export type { AnyRequest } from './request/to-http-request.ts'
export type { MetadataResponse } from './resource/metadata-response.ts'
export type { ResourceOptions } from './resource/resource-options.ts'
export type { RespondWithMetadata } from './resource/served-metadata.ts'
export type { AuthorizationRemedy } from './responses/challenge.ts'
export type { GraphqlExtensions } from './responses/graphql-extensions.ts'
export type { PassedOverKey, PassedOverReason } from './responses/passed-over-key.ts'
export { isRefusal, Refusal, type RefusalCode, type RefusalInit } from './responses/refusal.ts'
export { type RefusalReason, refusalReasons } from './responses/refusal-reasons.ts'
export { isUnavailable, Unavailable, type UnavailableCode, type UpstreamReason } from './responses/unavailable.ts'
export { memoryRevocations } from './revocation/memory-revocations.ts'
export type { ReadRevocations, Revocations, RevocationsOptions } from './revocation/revocations.ts'
export type { Revocation } from './revocation/revoke.ts'
export type { Validator } from './validator-methods.ts'
