import { compactDecrypt, errors } from 'jose'
import { mediaType } from '../claims/token-kind.ts'
import type { UpstreamResponse } from '../http/send-request.ts'
import { parseJwt } from '../jwt/parse-jwt.ts'
import { verifySignature } from '../jwt/verify-signature.ts'
import type { KeySource } from '../keys/key-source.ts'
import { isRecord, own, ownMembers } from '../lib/record.ts'
import { Refusal } from '../responses/refusal.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { DecryptionKey, JwtFormat } from './response-format.ts'

/** The `Content-Type` of the response, and the `typ` of the JWT. */
export const jwtType = 'application/token-introspection+jwt'

/** In seconds. An older response may be replayed, and the clock of the issuer may be ahead. */
const maxAge = 300
const maxAhead = 60

/** The issuer whose signature counts, and the names under which it knows this API. */
export interface ResponseIssuer {
  readonly issuer: string
  readonly keys: KeySource
  /** The client id and the audiences of this API. */
  readonly recipients: readonly string[]
}

/**
 * Reads an introspection response in the form of a JWT (RFC 9701 §5), and returns its member `token_introspection`. It
 * checks that the issuer signed the JWT as agreed, that it is recent, and that it is meant for this API. It decrypts
 * the JWT if that was agreed. It does NOT check the member. `now` is in seconds. Throws an `UpstreamError` otherwise.
 */
export async function readJwtResponse(
  { headers, body }: UpstreamResponse,
  { algorithms, decryptionKeys }: JwtFormat,
  from: ResponseIssuer,
  now: number,
): Promise<unknown> {
  const [type = ''] = String(own(headers, 'content-type')).split(';')
  // Plain JSON in place of a signed response is a downgrade. It is not parsed.
  if (type.trim().toLowerCase() !== jwtType) {
    throw unverifiable(from, `is not of the type ${jwtType}`)
  }
  const text = Buffer.from(body).toString('latin1')
  const jwt = parseJwt(decryptionKeys.length === 0 ? text : await decrypt(text, decryptionKeys, from))
  if (jwt === undefined || mediaType(own(jwt.header, 'typ')) !== jwtType) {
    throw unverifiable(from, 'is no JWT of the type token-introspection+jwt')
  }
  try {
    await verifySignature(jwt, from, algorithms)
  } catch (error) {
    throw error instanceof Refusal
      ? unverifiable(from, `is not signed as agreed (${error.reason}): see \`response: { algorithms }\``)
      : error
  }
  expectRecipient(ownMembers(jwt.claims), from, now)
  const introspection = own(jwt.claims, 'token_introspection')
  if (!isRecord(introspection)) {
    const message = `The introspection response of ${from.issuer} has no valid \`token_introspection\``
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  return introspection
}

/** Throws unless the issuer says that the response is of itself, for this API, and recent. */
function expectRecipient({ iss, aud, iat }: Record<string, unknown>, from: ResponseIssuer, now: number): void {
  const recipients: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (iss !== from.issuer) {
    throw unverifiable(from, 'does not name that issuer in `iss`')
  }
  if (!from.recipients.some((recipient) => recipients.includes(recipient))) {
    throw unverifiable(from, 'names neither our client id nor one of our audiences in `aud`')
  }
  if (typeof iat !== 'number') {
    throw unverifiable(from, 'has no valid `iat`')
  }
  if (!(iat > now - maxAge && iat < now + maxAhead)) {
    throw unverifiable(from, 'is too old, or its `iat` is in the future')
  }
}

/** Decrypts a JWE (RFC 7516 §5.2) with the first key that fits. Its `kid` is only a hint, because it is not signed. */
async function decrypt(jwe: string, keys: readonly DecryptionKey[], from: ResponseIssuer): Promise<string> {
  for (const { key, algorithm } of keys) {
    const options = { keyManagementAlgorithms: [algorithm], maxDecompressedLength: 0 }
    try {
      const { plaintext } = await compactDecrypt(jwe, key, options)
      return Buffer.from(plaintext).toString('latin1')
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) {
        throw error
      }
    }
  }
  throw unverifiable(from, 'is not encrypted for any of `decryptionKeys`')
}

function unverifiable({ issuer }: ResponseIssuer, fault: string): UpstreamError {
  const message = `The introspection response of ${issuer} ${fault}`
  return new UpstreamError({ reason: 'unverifiable-response', message })
}
