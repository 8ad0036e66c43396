import { X509Certificate } from 'node:crypto'
import { memberOf } from '../lib/record.ts'
import { hash } from '../lib/recent-node.ts'
import { undefinedIfError } from '../lib/undefined-if-error.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { Peer } from '../request/peer.ts'

/** The client certificate of a request. */
export interface Certificate {
  /** The SHA-256 of the DER as base64url without padding, as in `cnf["x5t#S256"]` (RFC 8705 §3.1). */
  readonly thumbprint: string
}

/** `'none'`: the request has no certificate that counts. `'malformed'`: it has several, or one that cannot be read. */
export type CertificateResult = Certificate | 'none' | 'malformed' | 'expired'

/** Reads the client certificate of a request at a time in milliseconds. It never throws. */
export type CertificateSource = (request: HttpRequest, now: number) => CertificateResult

/** The maximum of a certificate, and of a header that has one. */
export const maxCertificateBytes: number = 16 * 1024

/** The certificate of the TLS connection itself. The peer is the client then, and no proxy. */
export const tlsCertificate: CertificateSource = (request, now) => {
  const der = peerOfRequest(request)?.certificate()
  return der === undefined ? 'none' : readCertificate(der, now)
}

/** The application may create a request without a peer. A name in `Object.prototype` is no peer. */
export function peerOfRequest(request: HttpRequest): Peer | undefined {
  return memberOf(request, 'peer') as Peer | undefined
}

/**
 * Reads the DER of one certificate. Refuses bytes that are no certificate, or that have something behind it. A
 * certificate is expired when its `notAfter` is before `now`.
 *
 * Does not check the chain, `notBefore`, the key usage and a revocation, because the binding of a token needs only the
 * proof of the TLS handshake (RFC 8705 §6.2). The server or the proxy decides which certificates it accepts.
 */
export function readCertificate(der: Uint8Array, now: number): Certificate | 'malformed' | 'expired' {
  const certificate = der.length > maxCertificateBytes ? undefined : undefinedIfError(() => new X509Certificate(der))
  if (certificate?.raw.equals(der) !== true) {
    return 'malformed'
  }
  const isFresh = certificate.validToDate.getTime() >= now
  return isFresh ? { thumbprint: hash('sha256', der, 'base64url') } : 'expired'
}
