/** The old name of the result codes, for tests that still use it. */
export type { ResultCode as Outcome } from './result-code.ts'
