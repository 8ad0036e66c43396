import type { errors } from 'jose'

type JoseCode = errors.JOSEErrorCode

export type JoseOutcome = 'bad-signature' | 'algorithm-not-allowed' | 'malformed-token' | 'unknown-key' | 'failure'

/** What each error of jose means for a token. A code that jose adds does not compile until it has a line here. */
const outcomes: Readonly<Record<JoseCode, JoseOutcome>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad-signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm-not-allowed',
  ERR_JWS_INVALID: 'malformed-token',
  ERR_JWT_INVALID: 'malformed-token',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown-key',
  // These cannot come of a token's fault in the calls that we make: whoever sees one has found a bug.
  ERR_JOSE_GENERIC: 'failure',
  ERR_JOSE_NOT_SUPPORTED: 'failure',
  ERR_JWE_DECRYPTION_FAILED: 'failure',
  ERR_JWE_INVALID: 'failure',
  ERR_JWK_INVALID: 'failure',
  ERR_JWKS_INVALID: 'failure',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'failure',
  ERR_JWKS_TIMEOUT: 'failure',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'failure',
  ERR_JWT_EXPIRED: 'failure',
}

export function outcomeOf(error: errors.JOSEError): JoseOutcome {
  return Object.hasOwn(outcomes, error.code) ? outcomes[error.code as JoseCode] : 'failure'
}
