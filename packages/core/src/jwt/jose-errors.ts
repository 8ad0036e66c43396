import { errors } from 'jose'
import { invalidToken, type Refusal } from '../responses/refusal.ts'

type JoseCode = errors.JOSEErrorCode
type Outcome = 'bad-signature' | 'algorithm-not-allowed' | 'malformed-token' | 'unknown-key' | 'failure'

/** The meaning of each error code of jose for a token. A new code of jose is a build error here. */
const outcomes: Readonly<Record<JoseCode, Outcome>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad-signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm-not-allowed',
  ERR_JWS_INVALID: 'malformed-token',
  ERR_JWT_INVALID: 'malformed-token',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown-key',
  // No token can cause the following codes in the calls that we make. They are bugs.
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

/** The refusal that an error of jose stands for. `undefined` when the error is a failure. */
export function refusalOf(error: unknown): Refusal | undefined {
  const isKnown = error instanceof errors.JOSEError && Object.hasOwn(outcomes, error.code)
  const outcome = isKnown ? outcomes[error.code as JoseCode] : 'failure'
  return outcome === 'failure' ? undefined : invalidToken(outcome)
}
