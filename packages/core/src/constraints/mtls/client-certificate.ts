import { X509Certificate } from 'node:crypto'
import { memberOf } from '../../lib/record.ts'
import { hash } from '../../lib/recent-node.ts'
import { undefinedIfError } from '../../lib/undefined-if-error.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import type { Peer } from '../../request/peer.ts'

/** The client certificate of a request. */
export interface Certificate {
  /** The SHA-256 of the DER as base64url without padding, as in `cnf["x5t#S256"]` (RFC 8705 §3.1). */
  readonly thumbprint: string
}

/**
 * `'none'`: the request has no certificate that counts. `'malformed'`: it has several, or one that cannot be read.
 * `'expired'`: the time of its only certificate is over.
 */
export type CertificateResult = Certificate | 'none' | 'malformed' | 'expired'

/** Reads the client certificate of a request at a time in milliseconds. It never throws. */
export type CertificateSource = (request: HttpRequest, now: number) => CertificateResult

/** In bytes: the maximum of a certificate, and of a header that contains one. */
export const maxCertificateBytes: number = 16 * 1024

/** The certificate of the TLS connection itself. The peer is the client then, and no proxy. */
export const tlsCertificate: CertificateSource = (request, now) => {
  const der = peerOfRequest(request)?.certificate()
  return der === undefined ? 'none' : readCertificate(der, now)
}

/** The peer of a request. `undefined` for a request without one, also when `Object.prototype` has this name. */
export function peerOfRequest(request: HttpRequest): Peer | undefined {
  return memberOf(request, 'peer') as Peer | undefined
}

/**
 * Reads the DER of one certificate. `'malformed'`: the bytes are no certificate, or have other bytes behind
 * it. `'expired'`: its `notAfter` is before `now`, in milliseconds.
 *
 * Does NOT check the chain, `notBefore`, the key usage and a revocation. The server or the proxy decides which
 * certificates it accepts. The binding needs only that the client has the private key (RFC 8705 §6.2).
 */
export function readCertificate(der: Uint8Array, now: number): Certificate | 'malformed' | 'expired' {
  const certificate = der.length > maxCertificateBytes ? undefined : undefinedIfError(() => new X509Certificate(der))
  if (certificate?.raw.equals(der) !== true) {
    return 'malformed'
  }
  const isFresh = certificate.validToDate.getTime() >= now
  return isFresh ? { thumbprint: hash('sha256', der, 'base64url') } : 'expired'
}
