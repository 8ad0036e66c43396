import { compactVerify, type JWSHeaderParameters } from 'jose'
import type { KeyHeader, KeySet, VerificationKey } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { invalidToken, Refusal } from '../responses/refusal.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { refusalOf } from './jose-errors.ts'
import type { ParsedJwt } from './parse-jwt.ts'

/**
 * Verifies the signature of a JWT (RFC 7515 §5.2) with the keys of its issuer, and with no key that the token contains.
 * A key that states another issuer is not used. Returns the identity of the key. An unknown `kid` causes one refetch of the keys. A bad signature under a known key
 * causes none.
 *
 * @throws Refusal 401. UpstreamError when there are no keys.
 */
export async function verifySignature(jwt: ParsedJwt, from: Signer, algorithms: readonly string[]): Promise<string> {
  const header = validateHeader(jwt.header, algorithms)
  const keys = (await from.keys.current(header)).of(from.issuer)
  return (await signerAmong(keys, header, jwt)) ?? (await signerAfterRefetch(jwt, header, from, keys))
}

/** The issuer that a JWT states. Its keys can be those of several issuers. */
interface Signer {
  readonly issuer: string
  readonly keys: KeySource
}

/** The identity of the key that verifies the signature. `undefined` when none of the fitting keys does. */
async function signerAmong(keys: KeySet, header: KeyHeader, jwt: ParsedJwt): Promise<string | undefined> {
  const candidates: readonly VerificationKey[] = keys.fitting(header)
  for (const { identity, key } of candidates) {
    try {
      await compactVerify(jwt.token, key, { algorithms: [header.alg] })
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

async function signerAfterRefetch(jwt: ParsedJwt, header: KeyHeader, from: Signer, keys: KeySet): Promise<string> {
  const { kid } = header
  const isKnown = kid !== undefined && keys.has(kid)
  let latest = keys
  const verifies = async (newer: KeySet): Promise<string | undefined> => {
    latest = newer.of(from.issuer)
    return signerAmong(latest, header, jwt)
  }
  const signer = isKnown ? undefined : await signerAmongNewerKeys(from.keys, verifies)
  if (signer === undefined) {
    const reason = isKnown || kid === undefined ? 'bad-signature' : 'unknown-key'
    throw new Refusal({ code: 'invalid_token', reason, passedOver: latest.passedOver(header) })
  }
  return signer
}

/**
 * While known keys serve, a failed refetch does not make the token unavailable, because made-up key ids must not cause
 * 503. This does not hold for keys that were never fetched, nor for a fetch that ended because the validator closed.
 */
async function signerAmongNewerKeys(
  source: KeySource,
  verifies: (newer: KeySet) => Promise<string | undefined>,
): Promise<string | undefined> {
  let signer: string | undefined
  try {
    await source.retry(async (newer) => {
      signer = await verifies(newer)
      return signer !== undefined
    })
  } catch (error) {
    if (!(error instanceof UpstreamError) || error.reason === 'closing' || source.isProven?.() === false) {
      throw error
    }
  }
  return signer
}

/**
 * Checks the header before any key is looked for. `kid` is only a hint (RFC 8725 §3.10). Returns what selects a key. An
 * empty `kid` is absent.
 */
function validateHeader(header: JWSHeaderParameters, algorithms: readonly string[]): KeyHeader {
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
  return { alg, kid: kid === '' ? undefined : kid }
}
