/** What adapters for frameworks are made of, and packages of ours. An application needs it only for a framework that has no adapter. */
export type { ClaimsOf } from './access-token.ts'
export { type Answer, writeAnswer, type Writing } from './answer.ts'
export { createGate, type Gate } from './gate.ts'
export { describe, expectOptions, invalidOption } from './invalid-option.ts'
export { isUrlEncodedForm, mostFormBytes, parseForm } from './form-body.ts'
export { headerLinesOf, type NodeHeaders, NodeRequest } from './node-request.ts'
export {
  type Admission,
  type Admit,
  createProtectFor,
  type Framework,
  type OptionalProtect,
  type Protect,
} from './protect.ts'
export {
  type AnsweringOptions,
  createProtection,
  failureOf,
  type Protection,
  type ProtectOptions,
} from './protection.ts'
export { isLater, type Soon, whenThere, withFailures } from './soon.ts'
