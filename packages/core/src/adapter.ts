import '../require/expect-node.cjs'
/** The parts that adapters use. An application needs them only for a framework without an adapter. */
export type { ClaimsOf } from './access-token.ts'
export { describe, expectOptions, invalidOption } from './lib/invalid-option.ts'
export {
  expectProtectOptions,
  type MiddlewareOptions,
  type ProtectSettings,
  type ProtectOptions,
  toFrameworkError,
} from './middleware/protect-options.ts'
export {
  type Authenticate,
  type AuthResult,
  createProtectFor,
  type Framework,
  type OptionalProtect,
  type Protect,
} from './middleware/protect.ts'
export { calledInHandler, createExpectAtStart } from './middleware/expect-at-start.ts'
export type { Unawaitable } from './middleware/unawaitable.ts'
export { type Exemption, isSamePath } from './middleware/unless.ts'
export { createRequestAuth, type RequestAuth } from './middleware/request-auth.ts'
export { isUrlEncodedForm, maxFormBytes, parseForm } from './request/form-body.ts'
export {
  type NodeHeaders,
  nodeHeaders,
  /** @deprecated The former name of `nodeHeaders`. */
  nodeHeaders as headerLinesOf,
} from './request/node-request.ts'
export { type ErrorResponse, type ResponseWriter, writeErrorResponse } from './responses/error-response.ts'
