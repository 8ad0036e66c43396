/** What adapters for frameworks are made of, and packages of ours. An application needs it only for a framework that has no adapter. */
export type { ClaimsOf } from './access-token.ts'
export { type Answer, writeAnswer, type Writing } from './responses/error-response.ts'
export { createGate, type Gate } from './middleware/request-auth.ts'
export { describe, expectOptions, invalidOption } from './lib/invalid-option.ts'
export { isUrlEncodedForm, mostFormBytes, parseForm } from './request/form-body.ts'
export { headerLinesOf, type NodeHeaders, NodeRequest } from './request/node-request.ts'
export {
  type Admission,
  type Admit,
  createProtectFor,
  type Framework,
  type OptionalProtect,
  type Protect,
} from './middleware/protect.ts'
export {
  type AnsweringOptions,
  createProtection,
  failureOf,
  type Protection,
  type ProtectOptions,
} from './middleware/protect-options.ts'
export { isLater, type Soon, whenThere, withFailures } from './soon.ts'
