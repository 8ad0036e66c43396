/** The reasons of the library itself. A guard of the application can have other reasons. */
export const refusalReasons = [
  'no-credentials',
  'malformed-credentials',
  'repeated-credentials',
  'token-too-large',
  'malformed-token',
  'untrusted-issuer',
  'algorithm-not-allowed',
  'critical-header',
  'unknown-key',
  'bad-signature',
  'wrong-token-type',
  'missing-claim',
  'malformed-claim',
  'expired',
  'not-yet-valid',
  'issued-in-the-future',
  'lifetime-too-long',
  'wrong-audience',
  'sender-constrained',
  'inactive',
  'revoked',
  'missing-audience',
  'unknown-prefix',
  'wrong-claims',
  'missing-scope',
  'wrong-organization',
  'unexpected-organization',
  'cross-origin',
] as const

/** The cause of a refusal as a stable id, for logs, metrics and tests. It is never sent to the client. */
export type RefusalReason = (typeof refusalReasons)[number] | (string & {})
