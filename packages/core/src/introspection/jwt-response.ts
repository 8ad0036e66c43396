import { mediaType } from '../claims/token-kind.ts'
import { type ParsedJwt, parseJwt } from '../jwt/parse-jwt.ts'
import { verifySignature } from '../jwt/verify-signature.ts'
import type { KeySource } from '../keys/key-source.ts'
import { own, ownMembers } from '../lib/record.ts'
import { Refusal } from '../responses/refusal.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { decrypt, type DecryptionKey } from './decryption-key.ts'
import type { ResponseFormat } from './response-format.ts'

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
 * Reads an introspection response in the form of a JWT (RFC 9701 §5), and returns its member `token_introspection`. It checks that
 * the issuer signed the JWT with an agreed algorithm, that it is recent, and that it is meant for this API. It decrypts the JWT if that was
 * agreed. It does NOT check the member. `now` is in seconds. Everything else is an `UpstreamError`, or a failure to fetch the keys.
 */
export async function readJwtResponse(
  text: string,
  { algorithms, decryptionKeys }: Extract<ResponseFormat, { as: 'jwt' }>,
  from: ResponseIssuer,
  now: number,
): Promise<unknown> {
  const jws = decryptionKeys.length === 0 ? text : await decryptResponse(text, decryptionKeys, from)
  const jwt = parseJwt(jws)
  if (jwt === undefined || mediaType(own(jwt.header, 'typ')) !== 'application/token-introspection+jwt') {
    throw unverifiable(from, 'is no JWT of the type token-introspection+jwt')
  }
  await expectSignature(jwt, from, algorithms)
  const { iss, aud, iat, token_introspection: introspection } = ownMembers(jwt.claims)
  const recipients: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (iss !== from.issuer || typeof iat !== 'number') {
    throw unverifiable(from, 'names another issuer, or no time of issue')
  }
  if (!(iat > now - maxAge && iat < now + maxAhead)) {
    throw unverifiable(from, 'was not issued at this time')
  }
  if (!from.recipients.some((recipient) => recipients.includes(recipient))) {
    throw unverifiable(from, 'has another recipient')
  }
  return introspection
}

async function decryptResponse(jwe: string, keys: readonly DecryptionKey[], from: ResponseIssuer): Promise<string> {
  const plaintext = await decrypt(jwe, keys)
  if (plaintext === undefined) {
    throw unverifiable(from, 'is not encrypted for any of `decryptionKeys`')
  }
  return Buffer.from(plaintext).toString('latin1')
}

/** A fault that is the client's in an access token is the issuer's here. */
async function expectSignature(jwt: ParsedJwt, from: ResponseIssuer, algorithms: readonly string[]): Promise<void> {
  try {
    await verifySignature(jwt, from.keys, algorithms)
  } catch (error) {
    throw error instanceof Refusal
      ? unverifiable(from, `is not signed as agreed (${error.reason}): see \`response: { algorithms }\``)
      : error
  }
}

function unverifiable({ issuer }: ResponseIssuer, fault: string): UpstreamError {
  return new UpstreamError({
    reason: 'unverifiable-answer',
    message: `The introspection response of ${issuer} ${fault}`,
  })
}
