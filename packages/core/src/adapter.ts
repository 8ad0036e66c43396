/** What an adapter for a framework, or another package of ours, is made of. Applications need none of this. */
export { type Answer, writeAnswer, type Writing } from './answer.ts'
export { createGate, type Gate } from './gate.ts'
export { describe, expectOptions, invalidOption } from './invalid-option.ts'
export { headerLinesOf, type NodeHeaders } from './node-request.ts'
export {
  type Admission,
  type Admit,
  createProtectFor,
  type House,
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
