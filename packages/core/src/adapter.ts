/** What an adapter for a framework is made of. Applications need none of this. */
export { createGate, type Gate } from './gate.ts'
export { createProtection, failureOf, type Protection, type AnsweringOptions } from './protection.ts'
