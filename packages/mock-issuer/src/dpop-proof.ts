import { createHash, randomUUID } from 'node:crypto'
import { type Claims, currentSeconds, sign } from './access-token.ts'
import { expectText, ownMembers } from './options.ts'
import type { ProofKey } from './proof-key.ts'

/** The request that a DPoP proof is for. */
export interface ProofRequest {
  /** Default: `'GET'`. */
  readonly method?: string
  /** The absolute URL of the request. The proof contains it without query and fragment. */
  readonly url: string | URL
  /** The access token. The proof has its hash as `ath`. Without a token the proof has no `ath`. */
  readonly token?: string
  /** The value of `DPoP-Nonce` from an earlier response. Default: none. */
  readonly nonce?: string | undefined
  /** Claims that replace or extend the claims of the proof. `undefined` removes a claim. */
  readonly claims?: Claims
  /** Header members that replace or extend `alg`, `typ` and `jwk`. `undefined` removes a member. */
  readonly header?: Claims
}

/** A request with an access token. A proof without a token would be correct without `ath`. */
export interface BoundRequest extends ProofRequest {
  readonly token: string
}

/** The parts of a client that proofs are made of. */
export interface ProofSource {
  readonly key: ProofKey
  readonly clock: () => number
}

const proofType = 'dpop+jwt'

/** Signs a proof (RFC 9449 §4.2). Does not validate the claims and the header of the options. */
export async function createProof(source: ProofSource, request: ProofRequest): Promise<string> {
  return sign(source.key.privateKey, proofHeader(source, request), proofClaims(source, request))
}

export function proofHeader({ key: { algorithm, jwk } }: ProofSource, { header }: ProofRequest): Claims {
  return { alg: algorithm, typ: proofType, jwk, ...header }
}

export function proofClaims(source: ProofSource, request: ProofRequest): Claims {
  const { method, url, token, nonce, claims } = request
  return {
    jti: randomUUID(),
    htm: method ?? 'GET',
    htu: targetUri(url),
    iat: currentSeconds(source),
    ath: token === undefined ? undefined : hashOf(token),
    nonce,
    ...claims,
  }
}

/** The value of `ath` for a token (RFC 9449 §4.2). */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

export function expectProofRequest(request: ProofRequest): ProofRequest {
  const known = ['method', 'url', 'token', 'nonce', 'claims', 'header'] as const
  const members = ownMembers(request, 'the request of a proof', known)
  for (const name of ['method', 'token', 'nonce'] as const) {
    if (members[name] !== undefined) {
      expectText(members[name], name)
    }
  }
  if (!URL.canParse(members.url)) {
    throw new TypeError(
      'Expected `url` to be the absolute URL of the request, such as `https://api.example.com/orders`',
    )
  }
  return members
}

function targetUri(url: string | URL): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
