import { compactVerify, errors, type JWSHeaderParameters } from 'jose'
import type { KeySet, VerificationKey } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { invalidToken } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { outcomeOf } from './jose-errors.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/**
 * Verifies the signature of a JWT (RFC 7515 §5.2) with the issuer's own keys and none that the token brings along.
 * A key that is not known is looked for once more at its source; a bad signature under a known key is just that.
 * Brings the identity of the key.
 *
 * Every new token comes through here, and an async function around what jose promises would make it wait for ticks more.
 */
export function verifyJwt(jwt: ParsedJwt, source: KeySource, algorithms: readonly string[]): Soon<string> {
  expectPlainHeader(jwt.header, algorithms)
  return whenThere(source.atOnce() ?? source.current(), (keys) =>
    whenThere(keys.fitting(jwt.header), (candidates) =>
      verifyByOneOf(candidates, jwt, () => lookFurther(jwt, source, keys)),
    ),
  )
}

/** The identity of the key that has signed it; what comes otherwise, when none of them has. */
function verifyByOneOf<Otherwise>(
  candidates: readonly VerificationKey[],
  jwt: ParsedJwt,
  otherwise: () => Soon<Otherwise>,
  from = 0,
): Soon<string | Otherwise> {
  const candidate = candidates[from]
  if (candidate === undefined) {
    return otherwise()
  }
  const { identity, key } = candidate
  return compactVerify(jwt.token, key, { algorithms: [jwt.header.alg ?? ''] }).then(
    () => identity,
    (error: unknown) => {
      expectBadSignature(error)
      return verifyByOneOf(candidates, jwt, otherwise, from + 1)
    },
  )
}

async function lookFurther(jwt: ParsedJwt, source: KeySource, keys: KeySet): Promise<string> {
  const { kid } = jwt.header
  const isKnown = kid !== undefined && keys.has(kid)
  const signer = isKnown ? undefined : await signerByNewerKeys(jwt, source)
  if (signer === undefined) {
    throw invalidToken(isKnown || kid === undefined ? 'bad-signature' : 'unknown-key')
  }
  return signer
}

/**
 * While keys that are known serve on, a token under another one is refused though nobody could be asked: garbage must not cause 503s. Keys
 * that nobody has fetched yet do not count as known, and a fetch that ended with us says nothing.
 */
async function signerByNewerKeys(jwt: ParsedJwt, source: KeySource): Promise<string | undefined> {
  let signer: string | undefined
  try {
    await source.retry(async (newer) => {
      signer = await verifyByOneOf(await newer.fitting(jwt.header), jwt, () => undefined)
      return signer !== undefined
    })
  } catch (error) {
    if (!(error instanceof UpstreamError) || error.reason === 'closing' || !source.isProven()) {
      throw error
    }
  }
  return signer
}

/** What can be said of the header before any key is looked for; its `kid` is only a hint (RFC 8725 §3.10). */
function expectPlainHeader(header: JWSHeaderParameters, algorithms: readonly string[]): void {
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
}

/** Whatever else is the matter, another key does not help. */
function expectBadSignature(error: unknown): void {
  const outcome = error instanceof errors.JOSEError ? outcomeOf(error) : 'failure'
  if (outcome !== 'bad-signature') {
    throw outcome === 'failure' ? error : invalidToken(outcome)
  }
}
