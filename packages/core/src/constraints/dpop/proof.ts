import { calculateJwkThumbprint, compactVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { KeyObject } from 'node:crypto'
import { mediaType } from '../../claims/token-kind.ts'
import { refusalOf } from '../../jwt/jose-errors.ts'
import { type ParsedJwt, parseJwt } from '../../jwt/parse-jwt.ts'
import { parseJwk } from '../../keys/jwk.ts'
import { hash } from '../../lib/recent-node.ts'
import { own } from '../../lib/record.ts'
import { headerLines } from '../../request/header-lines.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { invalidProof, type Refusal } from '../../responses/refusal.ts'
import type { KnownOrigins } from './origins.ts'
import { matchTarget } from './target-uri.ts'

/** What a proof must fit. */
export interface ProofContext {
  readonly request: HttpRequest
  readonly accessToken: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A proof with a good signature. The caller still checks its key, its nonce, and that it was not used before. */
export interface VerifiedProof {
  /** The thumbprint of its key (RFC 7638). */
  readonly jkt: string
  readonly jti: string
  /** `htu`, normalized. */
  readonly target: string
  /** In seconds. */
  readonly iat: number
  readonly nonce: unknown
  /** The proof itself. */
  readonly proof: string
}

/** In milliseconds before now: the earliest `iat`. */
export const maxProofAge = 60_000
/** In milliseconds after now: the latest `iat`. */
export const maxProofLead = 5000
/** In characters. */
export const maxProofLength: number = 8 * 1024
/**
 * The proofs of a client all have the same header. Therefore the header identifies its imported key. All keys take
 * 26 MB. A proof whose key is not in the cache costs 1.4 to 1.7 times as much.
 */
const maxKeys = 5000
const maxHeaderLength = 1024

/** The public key in the header of a proof. */
interface ProofKey {
  readonly alg: string
  readonly key: KeyObject
  readonly jkt: string
}

/**
 * Verifies the proof in the header `DPoP` of a request (RFC 9449 §4.3). Does NOT check that the token is bound to its key,
 * its nonce, and that the proof was not used before.
 *
 * @throws Refusal 401 `invalid_dpop_proof`. TypeError when the origin of the request is not known.
 */
export type VerifyProof = (context: ProofContext) => Promise<VerifiedProof>

/** `algorithms` are those that a proof may have. */
export function createVerifyProof(algorithms: readonly string[], origins: KnownOrigins): VerifyProof {
  return async ({ request, accessToken, now }) => {
    const proof = expectParsed(expectOneProof(request))
    const key = await keyOf(proof, algorithms)
    const claims = expectClaims(proof.claims)
    refuseUnless(claims.htm === request.method, 'wrong-proof-method')
    const target = matchTarget(claims.htu, request, origins)
    if (target === undefined) {
      throw invalidProof('wrong-proof-uri')
    }
    refuseUnless(isRecent(proof.claims, claims.iat, now), 'wrong-proof-time')
    refuseUnless(claims.ath === hash('sha256', accessToken, 'base64url'), 'wrong-proof-token')
    await verifySignature(proof, key)
    storeKey(proof, key)
    const { jti, iat } = claims
    return { jti, iat, target, jkt: key.jkt, nonce: own(proof.claims, 'nonce'), proof: proof.token }
  }
}

/** The keys that verified proofs, by the headers of these proofs. All validators share them. */
let importedKeys: LRUCache<string, ProofKey> | undefined

async function keyOf({ token, header }: ParsedJwt, algorithms: readonly string[]): Promise<ProofKey> {
  const known = importedKeys?.get(headerOf(token))
  return known !== undefined && algorithms.includes(known.alg) ? known : readKey(header, algorithms)
}

/** Only a process that accepts DPoP needs the memory of this cache. */
function storeKey({ token }: ParsedJwt, key: ProofKey): void {
  importedKeys ??= new LRUCache({ max: maxKeys })
  const header = headerOf(token)
  if (header.length <= maxHeaderLength && !importedKeys.has(header)) {
    // A copy, because the part of a string keeps the whole proof in memory.
    importedKeys.set(Buffer.from(header, 'latin1').toString('latin1'), key)
  }
}

function headerOf(token: string): string {
  return token.slice(0, token.indexOf('.'))
}

/** A web `Request` joins repeated lines by a comma, which no proof contains. */
function expectOneProof({ headers }: HttpRequest): string {
  const [proof = '', ...others] = headerLines(headers, 'dpop')
  refuseUnless(others.length === 0 && !proof.includes(','), 'repeated-proof')
  refuseUnless(proof !== '', 'no-proof')
  refuseUnless(proof.length <= maxProofLength, 'malformed-proof')
  return proof
}

function expectParsed(text: string): ParsedJwt {
  const proof = parseJwt(text)
  // No critical extension is understood, and a JWT has no unencoded payload (RFC 7515 §4.1.11, RFC 7797 §7).
  if (proof === undefined || own(proof.header, 'crit') !== undefined || !isEncoded(own(proof.header, 'b64'))) {
    throw invalidProof('malformed-proof')
  }
  return proof
}

function isEncoded(b64: unknown): boolean {
  return b64 === undefined || b64 === true
}

async function readKey(header: ParsedJwt['header'], algorithms: readonly string[]): Promise<ProofKey> {
  refuseUnless(mediaType(own(header, 'typ')) === 'application/dpop+jwt', 'wrong-proof-type')
  const { alg = '' } = header
  refuseUnless(algorithms.includes(alg), 'wrong-proof-algorithm')
  const jwk = own(header, 'jwk')
  refuseUnless(!hasPrivateMember(jwk), 'malformed-proof-key')
  const { key } = parseJwk(jwk)
  if (key === undefined || !key.algorithms.includes(alg)) {
    throw invalidProof('malformed-proof-key')
  }
  return { alg, key: key.key, jkt: await calculateJwkThumbprint(key.key.export({ format: 'jwk' })) }
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

function hasPrivateMember(jwk: unknown): boolean {
  return privateMembers.some((name) => own(jwk, name) !== undefined)
}

interface Claims extends Pick<VerifiedProof, 'jti' | 'iat'> {
  readonly htm: string
  readonly htu: string
  readonly ath: string
}

function expectClaims(claims: ParsedJwt['claims']): Claims {
  const text = (name: string): string => {
    const value = own(claims, name)
    if (typeof value !== 'string' || value === '') {
      throw invalidProof('malformed-proof')
    }
    return value
  }
  const iat = own(claims, 'iat')
  if (typeof iat !== 'number') {
    throw invalidProof('malformed-proof')
  }
  return { jti: text('jti'), htm: text('htm'), htu: text('htu'), iat, ath: text('ath') }
}

/** A proof needs no `exp` or `nbf`, and they count if it has them (RFC 7519 §4.1). */
function isRecent(claims: ParsedJwt['claims'], iat: number, now: number): boolean {
  const [exp, nbf] = [own(claims, 'exp') ?? Infinity, own(claims, 'nbf') ?? -Infinity]
  const isInForce =
    typeof exp === 'number' && exp * 1000 > now && typeof nbf === 'number' && nbf * 1000 <= now + maxProofLead
  return isInForce && iat * 1000 >= now - maxProofAge && iat * 1000 <= now + maxProofLead
}

async function verifySignature(proof: ParsedJwt, { key, alg }: ProofKey): Promise<void> {
  try {
    await compactVerify(proof.token, key, { algorithms: [alg] })
  } catch (error) {
    throw refusalOf(error) === undefined ? error : invalidProof('bad-proof-signature')
  }
}

function refuseUnless(isSound: boolean, reason: Refusal['reason']): void {
  if (!isSound) {
    throw invalidProof(reason)
  }
}
