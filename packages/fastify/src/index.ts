export {
  type AccessToken,
  active,
  allOf,
  anyOf,
  anyScope,
  audience,
  bearerToken,
  claims,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createValidator,
  defineGuard,
  type Guard,
  isRefusal,
  isUnavailable,
  privateKeyJwt,
  Refusal,
  scopes,
  subscribe,
  tlsClientAuth,
  type TokenCache,
  type TrustedIssuer,
  trustedIssuer,
  Unavailable,
  type Validator,
} from '@tollgate/core'
export type { MiddlewareOptions } from '@tollgate/core/adapter'
export { tollgate, tollgate as default } from './plugin.ts'
export type { ProtectedReply, ProtectedRequest } from './request.ts'
export type { RouteAuth } from './route-auth.ts'
export type { Hook, OptionalProtect, Protect, TokenTypes, TollgateOptions, TypedClaims } from './augment.ts'
