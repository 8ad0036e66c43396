/** The moment at which the clock of a test starts, in seconds since the epoch. */
export const T0 = 1_700_000_000

/** The audience of the API in tests. */
export const audience = 'https://api.example'
