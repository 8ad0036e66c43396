import { compactVerify, type JWSHeaderParameters } from 'jose'
import type { KeySet, VerificationKey } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { invalidToken } from '../responses/refusal.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { refusalOf } from './jose-errors.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/**
 * Verifies the signature of a JWT (RFC 7515 §5.2) with the keys of its issuer, and with no key that the token contains.
 * Returns the identity of the key. An unknown `kid` causes one refetch of the keys. A bad signature under a known key
 * causes none.
 *
 * @throws Refusal 401. UpstreamError when there are no keys.
 */
export async function verifySignature(
  jwt: ParsedJwt,
  source: KeySource,
  algorithms: readonly string[],
): Promise<string> {
  validateHeader(jwt.header, algorithms)
  const keys = await source.current()
  return (await signerAmong(keys.fitting(jwt.header), jwt)) ?? (await signerAfterRefetch(jwt, source, keys))
}

/** The identity of the key that verifies the signature. `undefined` when none of these keys does. */
async function signerAmong(candidates: readonly VerificationKey[], jwt: ParsedJwt): Promise<string | undefined> {
  for (const { identity, key } of candidates) {
    try {
      await compactVerify(jwt.token, key, { algorithms: [jwt.header.alg ?? ''] })
      return identity
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal?.reason !== 'bad-signature') {
        throw refusal ?? error
      }
    }
  }
  return undefined
}

async function signerAfterRefetch(jwt: ParsedJwt, source: KeySource, keys: KeySet): Promise<string> {
  const { kid } = jwt.header
  const isKnown = kid !== undefined && keys.has(kid)
  const signer = isKnown ? undefined : await signerAmongNewerKeys(jwt, source)
  if (signer === undefined) {
    throw invalidToken(isKnown || kid === undefined ? 'bad-signature' : 'unknown-key')
  }
  return signer
}

/**
 * While known keys serve, a failed refetch does not make the token unavailable, because made-up key ids must not cause
 * 503. This does not hold for keys that were never fetched, nor for a fetch that ended because the validator closed.
 */
async function signerAmongNewerKeys(jwt: ParsedJwt, source: KeySource): Promise<string | undefined> {
  let signer: string | undefined
  try {
    await source.retry(async (newer) => {
      signer = await signerAmong(newer.fitting(jwt.header), jwt)
      return signer !== undefined
    })
  } catch (error) {
    if (!(error instanceof UpstreamError) || error.reason === 'closing' || !source.isProven()) {
      throw error
    }
  }
  return signer
}

/** Checks the header before any key is looked for. `kid` is only a hint (RFC 8725 §3.10). */
function validateHeader(header: JWSHeaderParameters, algorithms: readonly string[]): void {
  const { alg, kid, b64, crit }: Readonly<Record<string, unknown>> = header
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    throw invalidToken('algorithm-not-allowed')
  }
  // The library understands no critical extension, and a JWT has no unencoded payload (RFC 7515 §4.1.11, RFC 7797 §7).
  if (crit !== undefined || (b64 !== undefined && b64 !== true)) {
    throw invalidToken('critical-header')
  }
  if (kid !== undefined && typeof kid !== 'string') {
    throw invalidToken('malformed-token')
  }
}
