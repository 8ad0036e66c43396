import { randomBytes } from 'node:crypto'
import { exportSPKI, type JWK } from 'jose'
import { type Claims, currentSeconds, sign } from './access-token.ts'
import { type BoundRequest, createProof, proofClaims, proofHeader, type ProofSource } from './dpop-proof.ts'
import { createProofKey } from './proof-key.ts'
import { textBytes } from './text-bytes.ts'

/** Creates a proof with one fault. */
export type CreateProof = (source: ProofSource, request: BoundRequest) => Promise<string>

export function withClaims(fault: (claims: Claims, request: BoundRequest, now: number) => Claims): CreateProof {
  return async (source, request) => {
    const claims = proofClaims(source, request)
    return createProof(source, { ...request, claims: { ...claims, ...fault(claims, request, currentSeconds(source)) } })
  }
}

export function withUrl(fault: (url: URL) => Partial<URL>): CreateProof {
  return withClaims(({ htu }) => {
    const url = new URL(String(htu))
    return { htu: Object.assign(url, fault(url)).href }
  })
}

export function withHeader(fault: (source: ProofSource) => Claims | Promise<Claims>): CreateProof {
  return async (source, request) =>
    createProof(source, { ...request, header: { ...request.header, ...(await fault(source)) } })
}

/** Signs with a new key. `keyOf` selects the key in the header. */
export function signWithOtherKey(keyOf: (source: ProofSource, own: JWK) => JWK): CreateProof {
  return async (source, request) => {
    const key = await createProofKey(source.key.algorithm)
    return createProof({ ...source, key: { ...key, jwk: keyOf(source, key.jwk) } }, request)
  }
}

/** The algorithm confusion of RFC 8725 §2.1: an HMAC with the text of the public key as the secret. */
export async function hmac(source: ProofSource, request: BoundRequest): Promise<string> {
  const secret = textBytes(await exportSPKI(source.key.publicKey))
  return sign(secret, { ...proofHeader(source, request), alg: 'HS256' }, proofClaims(source, request))
}

/** An HMAC whose secret is in the header. */
export async function symmetricKey(source: ProofSource, request: BoundRequest): Promise<string> {
  const secret = Uint8Array.from(randomBytes(32))
  const jwk = { kty: 'oct', k: Buffer.from(secret).toString('base64url') }
  return sign(secret, { ...proofHeader(source, request), alg: 'HS256', jwk }, proofClaims(source, request))
}

/** The point of the key in the header is not on its curve. */
export async function invalidKey(source: ProofSource, request: BoundRequest): Promise<string> {
  const key = await createProofKey('ES256')
  return createProof({ ...source, key: { ...key, jwk: { ...key.jwk, y: changeByte(key.jwk.y ?? '') } } }, request)
}

export function changeSignature(proof: string): string {
  const [header, claims, signature = ''] = proof.split('.')
  return `${header}.${claims}.${changeByte(signature)}`
}

function changeByte(text: string): string {
  const [first = 0, ...others] = Buffer.from(text, 'base64url')
  return Buffer.from([first ^ 1, ...others]).toString('base64url')
}
