/** What adapters for frameworks are made of, and packages of ours. An application needs it only for a framework that has no adapter. */
export type { ClaimsOf } from './access-token.ts'
export { type Answer, writeErrorResponse, type ResponseWriter } from './responses/error-response.ts'
export { createRequestAuth, type RequestAuth } from './middleware/request-auth.ts'
export { describe, expectOptions, invalidOption } from './lib/invalid-option.ts'
export { isUrlEncodedForm, maxFormBytes, parseForm } from './request/form-body.ts'
export { nodeHeaders, type NodeHeaders, NodeRequest } from './request/node-request.ts'
export {
  type AuthResult,
  type Authenticate,
  createProtectFor,
  type Framework,
  type OptionalProtect,
  type Protect,
} from './middleware/protect.ts'
export {
  type MiddlewareOptions,
  createProtection,
  toFrameworkError,
  type Protection,
  type ProtectOptions,
} from './middleware/protect-options.ts'
export { isLater, type Soon, whenThere, withFailures } from './soon.ts'
