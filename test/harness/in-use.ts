/** The old names of the measurements of memory, for tests that still use them. */
export { bytesInUse as inUse, bytesInUseAtRest as inUseAtRest } from './memory.ts'
