import type { KeySource } from '../keys/key-source.ts'
import { Refusal } from '../responses/refusal.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { verifyJwt } from '../jwt/verify-signature.ts'
import { type ParsedJwt, parseJwt } from '../jwt/parse-jwt.ts'
import { mediaType } from '../claims/token-kind.ts'
import type { AnswerForm } from './response-format.ts'
import { decrypt, type DecryptionKey } from './decryption-key.ts'

/** Seconds: how long a server may keep its answers, and how far ahead its clock may be. */
const oldest = 300
const furthest = 60

/** Whose word counts, and for whom it must be meant. */
export interface Signer {
  readonly issuer: string
  readonly keys: KeySource
  /** Names under which the server may know us: our client id, and the audiences of this API. */
  readonly recipients: readonly string[]
}

/**
 * Reads an introspection answer in the form of a JWT (RFC 9701 §5): decrypted if that was agreed, signed by the issuer with
 * an algorithm that was agreed, and meant for us; `now` is in seconds. Gives the member `token_introspection`, which alone speaks of the
 * token; what is not as agreed is a fault of the server.
 */
export async function readSignedAnswer(
  text: string,
  { algorithms, decryptionKeys }: Extract<AnswerForm, { as: 'jwt' }>,
  signer: Signer,
  now: number,
): Promise<unknown> {
  const jws = decryptionKeys.length === 0 ? text : await decryptAnswer(text, decryptionKeys, signer)
  const jwt = parseJwt(jws)
  if (jwt === undefined || mediaType(jwt.header.typ) !== 'application/token-introspection+jwt') {
    throw unverifiable(signer, 'is no JWT of the type token-introspection+jwt')
  }
  await expectSignature(jwt, signer, algorithms)
  const { iss, aud, iat, token_introspection: introspection } = jwt.claims
  const recipients = Array.isArray(aud) ? aud : [aud]
  if (iss !== signer.issuer || typeof iat !== 'number') {
    throw unverifiable(signer, 'names another issuer, or no time of issue')
  }
  if (!(iat > now - oldest && iat < now + furthest)) {
    throw unverifiable(signer, 'is not of our time, or is an old one that somebody plays again')
  }
  if (!signer.recipients.some((recipient) => recipients.includes(recipient))) {
    throw unverifiable(signer, 'is meant for somebody else')
  }
  return introspection
}

async function decryptAnswer(jwe: string, keys: readonly DecryptionKey[], signer: Signer): Promise<string> {
  const plaintext = await decrypt(jwe, keys)
  if (plaintext === undefined) {
    throw unverifiable(signer, 'is not encrypted for any of `decryptionKeys`')
  }
  return Buffer.from(plaintext).toString('latin1')
}

async function expectSignature(jwt: ParsedJwt, signer: Signer, algorithms: readonly string[]): Promise<void> {
  try {
    await verifyJwt(jwt, signer.keys, algorithms)
  } catch (error) {
    // What would be the client's fault in an access token is the server's fault here.
    throw error instanceof Refusal
      ? unverifiable(signer, `is not signed as agreed (${error.reason}): see \`response: { algorithms }\``)
      : error
  }
}

function unverifiable({ issuer }: Signer, what: string): UpstreamError {
  return new UpstreamError({ reason: 'unverifiable-answer', message: `The introspection answer of ${issuer} ${what}` })
}
