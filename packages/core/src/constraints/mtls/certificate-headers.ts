import { types } from 'node:util'
import { hash } from '../../lib/recent-node.ts'
import { headerLines } from '../../request/header-lines.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { type Certificate, type CertificateResult, maxCertificateBytes, readCertificate } from './client-certificate.ts'

/** The kind of a proxy. Each kind passes on the client certificate in its own way. */
export type ProxyKind = 'rfc9440' | 'nginx' | 'envoy' | 'alb' | 'haproxy'

/** The DER of the certificate, or its thumbprint if the header has nothing else. `undefined`: malformed. */
type Parse = (value: string) => Uint8Array | Certificate | undefined

/** The headers in which a proxy passes on the certificate. A request may have one line of them. */
export type ProxyHeaders = Readonly<Record<string, Parse>>

interface ProxyFormat {
  readonly headers: ProxyHeaders
  /** Whether the configuration of the proxy chooses the name of the only header. */
  readonly name: 'fixed' | 'free'
}

export const proxyFormats: Readonly<Record<ProxyKind, ProxyFormat>> = {
  /** A byte sequence of structured fields (RFC 9440 §2.1, RFC 8941 §3.3.5): `:MIIB…:`. */
  rfc9440: { headers: { 'client-cert': parseByteSequence }, name: 'fixed' },
  /**
   * `proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;` is PEM, URL-encoded
   * (https://nginx.org/en/docs/http/ngx_http_ssl_module.html#var_ssl_client_escaped_cert).
   */
  nginx: { headers: { 'x-ssl-client-cert': parseEscapedPem }, name: 'free' },
  /**
   * Pairs of a key and a value. `Cert` is PEM, URL-encoded, and `Hash` is the SHA-256 of the DER
   * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert).
   */
  envoy: { headers: { 'x-forwarded-client-cert': parseXfcc }, name: 'fixed' },
  /**
   * The verify mode sends the leaf, and the passthrough mode the chain, leaf first. Both are PEM, URL-encoded, with `+=/`
   * as safe characters
   * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html).
   */
  alb: {
    headers: { 'x-amzn-mtls-clientcert-leaf': parseEscapedPem, 'x-amzn-mtls-clientcert': parseEscapedChain },
    name: 'fixed',
  },
  /**
   * `http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]` is base64, in quotes with `%{+Q}`
   * (https://docs.haproxy.org/3.2/configuration.html#7.3.4-ssl_c_der).
   */
  haproxy: { headers: { 'x-ssl-client-der': parseQuotedBase64 }, name: 'free' },
}

/**
 * The certificate in the header of a proxy. A request without the header, or with an empty one, has no certificate.
 * Several lines, several certificates, and more than 16 KiB are malformed. Does not check who sent the header.
 */
export function forwardedCertificate(request: HttpRequest, headers: ProxyHeaders, now: number): CertificateResult {
  const lines = Object.entries(headers).flatMap(([name, parse]) =>
    headerLines(request.headers, name).map((value) => ({ value: value.trim(), parse })),
  )
  const [line, ...others] = lines
  if (others.length > 0 || (line?.value.length ?? 0) > maxCertificateBytes) {
    return 'malformed'
  }
  if (line === undefined || line.value === '') {
    return 'none'
  }
  const parsed = line.parse(line.value)
  return types.isUint8Array(parsed) ? readCertificate(parsed, now) : (parsed ?? 'malformed')
}

function parseByteSequence(value: string): ReturnType<Parse> {
  return value.length > 2 && value.startsWith(':') && value.endsWith(':') ? decodeBase64(value.slice(1, -1)) : undefined
}

function parseQuotedBase64(value: string): ReturnType<Parse> {
  return decodeBase64(/^"([^"]*)"$/.exec(value)?.[1] ?? value)
}

function parseEscapedPem(value: string): Uint8Array | undefined {
  const [der, ...others] = decodePem(value)
  return others.length === 0 ? der : undefined
}

function parseEscapedChain(value: string): ReturnType<Parse> {
  return decodePem(value)[0]
}

/**
 * One element, because a second one is that of another proxy, or of the client. Of `Cert` and `Hash` each occurs once at
 * most, because a name in the certificate is a value of the header as well. If both are there, they must agree.
 */
function parseXfcc(value: string): ReturnType<Parse> {
  const pairs = pairsOf(value)
  const [cert, ...otherCerts] = pairs.filter(([key]) => key === 'cert')
  const [digest, ...otherDigests] = pairs.filter(([key]) => key === 'hash')
  if (otherCerts.length > 0 || otherDigests.length > 0) {
    return undefined
  }
  const der = cert === undefined ? undefined : parseEscapedPem(cert[1])
  if (digest === undefined || (cert !== undefined && der === undefined)) {
    return der
  }
  const isDigest = /^[\da-f]{64}$/i.test(digest[1])
  const thumbprint = Buffer.from(digest[1], 'hex').toString('base64url')
  if (der === undefined) {
    return isDigest ? { thumbprint } : undefined
  }
  return isDigest && thumbprint === hash('sha256', der, 'base64url') ? der : undefined
}

/** The keys in lower case, because they have any case. No pairs when a part of the element is no pair. */
function pairsOf(element: string): readonly (readonly [key: string, value: string])[] {
  const pair = /([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(?:;(?=.)|$)/giy
  const pairs: (readonly [string, string])[] = []
  while (pair.lastIndex < element.length) {
    const [match, key = '', quoted, plain = ''] = pair.exec(element) ?? []
    if (match === undefined) {
      return []
    }
    pairs.push([key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain])
  }
  return pairs
}

/** The DER of each certificate of a PEM text, URL-encoded. A `+` is itself. Empty for anything else. */
function decodePem(value: string): readonly Uint8Array[] {
  const pem = /^(?:[!-$&-~]|%[\da-f]{2})+$/i.test(value)
    ? value.replaceAll(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : ''
  const block = /-----BEGIN CERTIFICATE-----\r?\n([a-z\d+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n|$)/giy
  const certificates: Uint8Array[] = []
  while (block.lastIndex < pem.length) {
    const [, text = ''] = block.exec(pem) ?? []
    const der = decodeBase64(text.replaceAll(/[\r\n]/g, ''))
    if (der === undefined) {
      return []
    }
    certificates.push(der)
  }
  return certificates
}

/** Base64 with or without padding (RFC 8941 §4.2.7). Node skips characters of no meaning, which are malformed here. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  const encoded = bytes.toString('base64')
  return bytes.length > 0 && (text === encoded || text === encoded.replaceAll('=', '')) ? bytes : undefined
}
