/** The old name of `waitFor`, for tests that still use it. */
export { waitFor as until } from './wait-for.ts'
