import { calculateJwkThumbprint, type JWK } from 'jose'
import { keyAlgorithms } from './client.ts'
import { type ClientCertificate, createCertificateKeys } from './client-certificate.ts'
import { type BoundRequest, createProof, expectProofRequest, type ProofRequest } from './dpop-proof.ts'
import { expectOneOf, expectText, ownMembers } from './options.ts'
import { createProofKey } from './proof-key.ts'
import { createValidCertificate, createWrongCertificate, type WrongCertificate } from './wrong-certificates.ts'
import { createWrongProof, type WrongProof } from './wrong-proofs.ts'

/** The options of `createSenderClient`. */
export interface SenderClientOptions {
  /** The time of the proofs, in milliseconds since the epoch: the `clock` of a mock issuer. Default: `Date.now`. */
  readonly clock?: () => number
  /** The signature algorithm of the DPoP key, such as `'PS256'` or `'Ed25519'`. Default: `'ES256'`. */
  readonly algorithm?: string
}

/** The headers of a request with a token that is bound to the DPoP key. A type, because HTTP clients take records. */
export type SenderHeaders = {
  readonly authorization: string
  readonly dpop: string
}

/** The client that sends requests with sender-constrained tokens. It has a DPoP key and a client certificate. */
export interface SenderClient {
  /** The public DPoP key. */
  readonly jwk: JWK
  /** The SHA-256 thumbprint of the public DPoP key (RFC 7638). */
  readonly thumbprint: string
  /** The claim `cnf` of a token that is bound to the DPoP key (RFC 9449 §6.1). */
  readonly cnf: { readonly jkt: string }
  /** Creates a correct proof (RFC 9449 §4.2). `claims` and `header` change it, and they are not validated. */
  proof(request: ProofRequest): Promise<string>
  /** Creates a proof with the named fault. `wrongProofs` lists the names, and the errors that an API must give. */
  wrongProof(name: WrongProof, request: BoundRequest): Promise<string>
  /** Creates `Authorization: DPoP` and `DPoP` with a correct proof for one request (RFC 9449 §7.1). */
  headers(request: BoundRequest): Promise<SenderHeaders>
  /** Returns the self-signed client certificate. It is always the same. The first call creates it. */
  certificate(): Promise<ClientCertificate>
  /** Creates a certificate with the named fault. `wrongCertificates` lists the names. */
  wrongCertificate(name: WrongCertificate): Promise<ClientCertificate>
}

/**
 * Creates a client that proves possession of a DPoP key (RFC 9449) and of a client certificate (RFC 8705). It works
 * with the tokens of every issuer. Give it the clock of the mock issuer, so that both have the same time.
 *
 * Does not send requests, and does not retry with a nonce. Throws a `TypeError` for invalid options, here and in each
 * method. The message says how to fix them.
 */
export async function createSenderClient(options: SenderClientOptions = {}): Promise<SenderClient> {
  const { clock, algorithm } = expectOptions(options)
  const key = await createProofKey(algorithm)
  const source = { key, clock }
  const certificateSource = { keys: await createCertificateKeys(), clock }
  const thumbprint = await calculateJwkThumbprint(key.jwk)
  let certificate: Promise<ClientCertificate> | undefined

  return {
    jwk: key.jwk,
    thumbprint,
    cnf: { jkt: thumbprint },
    proof: async (request) => createProof(source, expectProofRequest(request)),
    wrongProof: async (name, request) => createWrongProof(source, name, expectBoundRequest(request)),
    headers: async (request) => {
      const expected = expectBoundRequest(request)
      return { authorization: `DPoP ${expected.token}`, dpop: await createProof(source, expected) }
    },
    certificate: async () => (certificate ??= createValidCertificate(certificateSource)),
    wrongCertificate: async (name) => createWrongCertificate(certificateSource, name),
  }
}

function expectOptions(options: SenderClientOptions): Required<SenderClientOptions> {
  const members = ownMembers(options, 'the options of `createSenderClient`', ['clock', 'algorithm'])
  const { clock = Date.now, algorithm = 'ES256' } = members
  if (typeof clock !== 'function') {
    throw new TypeError('Expected `clock` to be a function such as `issuer.clock`, or `Date.now`')
  }
  expectOneOf(algorithm, '`algorithm`', keyAlgorithms)
  return { clock, algorithm }
}

function expectBoundRequest(request: BoundRequest): BoundRequest {
  const { token, ...others } = expectProofRequest(request)
  expectText(token, 'token')
  return { ...others, token }
}
