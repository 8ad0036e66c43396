/** The old name of the measurement of memory, for tests that still use it. */
export { bytesInUse as inUse } from './memory.ts'
