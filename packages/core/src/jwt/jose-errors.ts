import { errors } from 'jose'
import { own } from '../lib/record.ts'
import { invalidToken, type Refusal } from '../responses/refusal.ts'
import type { RefusalReason } from '../responses/refusal-reasons.ts'

/** The errors of jose that a token can cause. Every other error is a failure. */
const reasons: Readonly<Partial<Record<errors.JOSEErrorCode, RefusalReason>>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad-signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm-not-allowed',
  ERR_JWS_INVALID: 'malformed-token',
  ERR_JWT_INVALID: 'malformed-token',
}

/** The refusal that an error of jose stands for. `undefined` when the error is a failure. */
export function refusalOf(error: unknown): Refusal | undefined {
  const reason = error instanceof errors.JOSEError ? own(reasons, error.code) : undefined
  return typeof reason === 'string' ? invalidToken(reason) : undefined
}
