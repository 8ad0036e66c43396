import { compactVerify, errors, type JWSHeaderParameters } from 'jose'
import type { KeySet, VerificationKey } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { invalidToken } from '../refusal.ts'
import { isLater } from '../soon.ts'
import { UpstreamError } from '../unavailable.ts'
import { outcomeOf } from './jose-errors.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/**
 * Verifies the signature of a JWT (RFC 7515 §5.2) with the issuer's own keys and none that the token brings along.
 * A key that is not known is looked for once more at its source; a bad signature under a known key is just that.
 * Returns the identity of the key.
 */
export async function verifyJwt(jwt: ParsedJwt, source: KeySource, algorithms: readonly string[]): Promise<string> {
  const kid = expectPlainHeader(jwt.header, algorithms)
  const keys = source.atOnce() ?? (await source.current())
  const fitting = keys.fitting(jwt.header)
  const signer = await signerAmong(isLater(fitting) ? await fitting : fitting, jwt)
  return signer ?? lookFurther(jwt, source, kid !== undefined && keys.has(kid))
}

async function lookFurther(jwt: ParsedJwt, source: KeySource, isKnown: boolean): Promise<string> {
  let signer: string | undefined
  if (!isKnown) {
    await helpsToRetry(
      source,
      async (newer) => (signer = await signerAmong(await newer.fitting(jwt.header), jwt)) !== undefined,
    )
  }
  if (signer === undefined) {
    throw invalidToken(isKnown || jwt.header.kid === undefined ? 'bad-signature' : 'unknown-key')
  }
  return signer
}

/**
 * While keys that are known serve on, a token under another one is refused though nobody could be asked: garbage must not cause 503s. Keys
 * that nobody has fetched yet do not count as known, and a fetch that ended with us says nothing.
 */
async function helpsToRetry(source: KeySource, verifies: (keys: KeySet) => Promise<boolean>): Promise<boolean> {
  try {
    return await source.retry(verifies)
  } catch (error) {
    if (error instanceof UpstreamError && error.reason !== 'closing' && source.isProven()) {
      return false
    }
    throw error
  }
}

/** What can be said of the header before any key is looked for. Returns its `kid`, which is only a hint (RFC 8725 §3.10). */
function expectPlainHeader(header: JWSHeaderParameters, algorithms: readonly string[]): string | undefined {
  const { alg, kid, b64 }: { alg?: string; kid?: unknown; b64?: unknown } = header
  if (alg === undefined || !algorithms.includes(alg)) {
    throw invalidToken('algorithm-not-allowed')
  }
  // No critical extension is understood here, and JWTs do not use unencoded payloads (RFC 7515 §4.1.11, RFC 7797 §7).
  if (Object.hasOwn(header, 'crit') || (b64 !== undefined && b64 !== true)) {
    throw invalidToken('critical-header')
  }
  if (kid !== undefined && typeof kid !== 'string') {
    throw invalidToken('malformed-token')
  }
  return kid
}

/** The identity of the key that has signed it; `undefined` when none of them has. */
async function signerAmong(candidates: readonly VerificationKey[], jwt: ParsedJwt): Promise<string | undefined> {
  for (const { identity, key } of candidates) {
    try {
      await compactVerify(jwt.token, key, { algorithms: [jwt.header.alg ?? ''] })
      return identity
    } catch (error) {
      expectBadSignature(error)
    }
  }
  return undefined
}

/** Whatever else is the matter, another key does not help. */
function expectBadSignature(error: unknown): void {
  const outcome = error instanceof errors.JOSEError ? outcomeOf(error) : 'failure'
  if (outcome !== 'bad-signature') {
    throw outcome === 'failure' ? error : invalidToken(outcome)
  }
}
