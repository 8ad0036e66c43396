export {
  type AccessToken,
  type AccessTokenClaims,
  allOf,
  anyOf,
  anyScope,
  audience,
  claims,
  type Clock,
  createValidator,
  defineGuard,
  type Demands,
  type Duration,
  type Guard,
  type GuardContext,
  Refusal,
  scopes,
  type TrustedIssuer,
  trustedIssuer,
  type TrustedIssuerOptions,
  Unavailable,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
export type { ProtectOptions } from '@tollgate/core/adapter'
export { createProtect, type Middleware, type OptionalProtect, type Protect } from './protect.ts'
export type { ExpressRequest } from './request.ts'
