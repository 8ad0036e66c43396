/** What an adapter for a framework, or another package of ours, is made of. Applications need none of this. */
export { createGate, type Gate } from './gate.ts'
export { createProtection, failureOf, type Protection, type AnsweringOptions } from './protection.ts'
export { describe, expectOptions, invalidOption } from './invalid-option.ts'
