import type { ValidatedToken } from '../validated-token.ts'

/** What the validation of one request has found when it ends. Reports use it, and no response does. */
export interface Findings {
  /** The presented token, which nothing may have verified. */
  text?: string | undefined
  /** The argument of `validate()`, which need not be a string. */
  argument?: unknown
  /** The token, once its signature or its introspection response is good. Steps 4 to 6 can still refuse it. */
  genuine?: ValidatedToken
  /** A nonce for the next proof of the client, when it needs one. */
  nonce?: string
}
