import { exportJWK } from 'jose'
import { type BoundRequest, createProof, hashOf, proofClaims, proofHeader, type ProofSource } from './dpop-proof.ts'
import { encodePart, encryptClaims } from './jwt-parts.ts'
import { expectOneOf } from './options.ts'
import {
  changeSignature,
  type CreateProof,
  hmac,
  invalidKey,
  signWithOtherKey,
  symmetricKey,
  withClaims,
  withHeader,
  withUrl,
} from './proof-faults.ts'
import { createProofKey } from './proof-key.ts'

/**
 * The names of all wrong proofs, for a loop in a test. Each differs from a correct proof in one fault.
 *
 * An API must refuse `foreignKey` with 401 `invalid_token`, because the proof is correct and the token is not bound to
 * its key. It must refuse every other one with 401 `invalid_dpop_proof` (RFC 9449 §7.1). Send a correct proof
 * twice to test the detection of replays. Where the API demands nonces, a correct proof with another `nonce` gets 401
 * `use_dpop_nonce`.
 */
export const wrongProofs = [
  'expired',
  'fromTheFuture',
  'withoutIat',
  'textualIat',
  'wrongMethod',
  'lowerCaseMethod',
  'withoutMethod',
  'methodInArray',
  'wrongUrl',
  'wrongHost',
  'wrongPort',
  'wrongScheme',
  'trailingSlash',
  'relativeUrl',
  'urlWithCredentials',
  'withoutUrl',
  'withoutJti',
  'emptyJti',
  'numericJti',
  'withoutAth',
  'wrongAth',
  'paddedAth',
  'athWithScheme',
  'wrongType',
  'withoutType',
  'criticalHeader',
  'unsigned',
  'withoutSignature',
  'badSignature',
  'forged',
  'hmac',
  'symmetricKey',
  'privateKey',
  'withoutKey',
  'textualKey',
  'invalidKey',
  'keyOfAnotherType',
  'foreignKey',
  'encrypted',
  'garbage',
  'twoSegments',
  'twoProofs',
  'tooLong',
] as const

/** The name of a wrong proof. */
export type WrongProof = (typeof wrongProofs)[number]

const creators: Readonly<Record<WrongProof, CreateProof>> = {
  expired: withClaims((_claims, _request, now) => ({ iat: now - 3600 })),
  fromTheFuture: withClaims((_claims, _request, now) => ({ iat: now + 3600 })),
  withoutIat: withClaims(() => ({ iat: undefined })),
  textualIat: withClaims(({ iat }) => ({ iat: String(iat) })),
  wrongMethod: withClaims(({ htm }) => ({ htm: htm === 'POST' ? 'GET' : 'POST' })),
  lowerCaseMethod: withClaims(({ htm }) => ({ htm: String(htm).toLowerCase() })),
  withoutMethod: withClaims(() => ({ htm: undefined })),
  methodInArray: withClaims(({ htm }) => ({ htm: [htm] })),
  wrongUrl: withUrl((url) => ({ pathname: `${url.pathname}-other` })),
  wrongHost: withUrl(() => ({ hostname: 'another-api.example' })),
  wrongPort: withUrl(({ port }) => ({ port: port === '8443' ? '8444' : '8443' })),
  wrongScheme: withUrl(({ protocol }) => ({ protocol: protocol === 'https:' ? 'http:' : 'https:' })),
  trailingSlash: withUrl(({ pathname }) => ({ pathname: `${pathname}/` })),
  relativeUrl: withClaims(({ htu }) => ({ htu: new URL(String(htu)).pathname })),
  urlWithCredentials: withUrl(() => ({ username: 'alice', password: 'secret' })),
  withoutUrl: withClaims(() => ({ htu: undefined })),
  withoutJti: withClaims(() => ({ jti: undefined })),
  emptyJti: withClaims(() => ({ jti: '' })),
  numericJti: withClaims(() => ({ jti: 1 })),
  withoutAth: withClaims(() => ({ ath: undefined })),
  wrongAth: withClaims((_claims, { token }) => ({ ath: hashOf(`${token}x`) })),
  paddedAth: withClaims((_claims, { token }) => ({ ath: `${hashOf(token)}=` })),
  athWithScheme: withClaims((_claims, { token }) => ({ ath: hashOf(`DPoP ${token}`) })),
  wrongType: withHeader(() => ({ typ: 'JWT' })),
  withoutType: withHeader(() => ({ typ: undefined })),
  criticalHeader: withHeader(() => ({ crit: ['urgent'], urgent: true })),
  unsigned: async (source, request) =>
    `${encodePart({ ...proofHeader(source, request), alg: 'none' })}.${encodePart(proofClaims(source, request))}.`,
  withoutSignature: async (source, request) => (await createProof(source, request)).replace(/[^.]*$/, ''),
  badSignature: async (source, request) => changeSignature(await createProof(source, request)),
  forged: signWithOtherKey(({ key }) => key.jwk),
  hmac,
  symmetricKey,
  privateKey: withHeader(async ({ key }) => ({ jwk: await exportJWK(key.privateKey) })),
  withoutKey: withHeader(() => ({ jwk: undefined })),
  textualKey: withHeader(({ key }) => ({ jwk: JSON.stringify(key.jwk) })),
  invalidKey,
  keyOfAnotherType: withHeader(async ({ key: { jwk } }) => ({
    jwk: (await createProofKey(jwk.kty === 'EC' ? 'Ed25519' : 'ES256')).jwk,
  })),
  foreignKey: signWithOtherKey((_source, own) => own),
  encrypted: (source, request) => encryptClaims('dpop+jwt', proofClaims(source, request)),
  garbage: async () => 'not-a-proof',
  twoSegments: async (source, request) => (await createProof(source, request)).replace(/\.[^.]*$/, ''),
  twoProofs: async (source, request) => `${await createProof(source, request)}, ${await createProof(source, request)}`,
  // In base64url, the claim alone has more than 9 KiB.
  tooLong: withClaims(() => ({ padding: 'a'.repeat(7000) })),
}

/** Creates a proof that differs from a correct one in one fault. */
export async function createWrongProof(source: ProofSource, name: WrongProof, request: BoundRequest): Promise<string> {
  expectOneOf(name, 'the name of a wrong proof', wrongProofs)
  return creators[name](source, request)
}
