import type { GenerateKeyPairResult } from 'jose'
import { type ClientCertificate, createCertificate, createCertificateKeys } from './client-certificate.ts'
import { expectOneOf } from './options.ts'

/**
 * The names of all wrong certificates, for a loop in a test. An API must refuse each with 401 `invalid_token`.
 *
 * - `another` has another key than the client's certificate, and the same subject.
 * - `renewed` has the key of the client's certificate. The token of the previous certificate is not bound to it.
 * - `expired` has ended an hour ago. Bind the token to it, so that the time is its only fault.
 *
 * A TLS server that verifies certificates refuses them all in the handshake.
 */
export const wrongCertificates = ['another', 'renewed', 'expired'] as const

/** The name of a wrong certificate. */
export type WrongCertificate = (typeof wrongCertificates)[number]

/** The parts of a client that certificates are made of. */
export interface CertificateSource {
  readonly keys: GenerateKeyPairResult
  readonly clock: () => number
}

const hour = 3_600_000
const day = 24 * hour
const year = 365 * day

/** Creates a certificate that is valid by the clock of the test and by the system's clock, which TLS uses. */
export async function createValidCertificate({ keys, clock }: CertificateSource): Promise<ClientCertificate> {
  const times = [clock(), Date.now()]
  return createCertificate(keys, { notBefore: Math.min(...times) - day, notAfter: Math.max(...times) + year })
}

export async function createWrongCertificate(
  source: CertificateSource,
  name: WrongCertificate,
): Promise<ClientCertificate> {
  expectOneOf(name, 'the name of a wrong certificate', wrongCertificates)
  if (name === 'renewed') {
    return createValidCertificate(source)
  }
  const other = { ...source, keys: await createCertificateKeys() }
  return name === 'another' ? createValidCertificate(other) : createExpiredCertificate(other)
}

async function createExpiredCertificate({ keys, clock }: CertificateSource): Promise<ClientCertificate> {
  const end = Math.min(clock(), Date.now()) - hour
  return createCertificate(keys, { notBefore: end - day, notAfter: end })
}
