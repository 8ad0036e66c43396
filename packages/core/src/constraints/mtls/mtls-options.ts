import { describe, expectOneOf, expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import type { Secrets } from '../../lib/secrets.ts'
import { forwardedCertificate, proxyFormats, type ProxyHeaders, type ProxyKind } from './certificate-headers.ts'
import { type CertificateSource, tlsCertificate } from './client-certificate.ts'
import { expectProxyTrust } from './proxy-trust.ts'

/** The option `mtls`: tokens that are bound to a client certificate (RFC 8705 §3). */
export interface MtlsOptions {
  /**
   * `'off'`: a token with a binding to a certificate is refused. `'accepted'`: such a token needs its certificate, and
   * other tokens need none. `'required'`: every token needs a binding to a certificate, and its certificate.
   */
  readonly mode: 'off' | 'accepted' | 'required'
  /**
   * Where the certificate of the client comes from. `'tls'`: the TLS connection of the server itself, which must request
   * certificates (`requestCert`). A `ProxyCertificate`: the header of a proxy that ends the TLS connection. Default:
   * `'tls'`.
   */
  readonly certificate?: 'tls' | ProxyCertificate | undefined
}

/**
 * A proxy that ends the TLS connection and passes on the certificate of the client in a header. The header of any other
 * sender does not count. Exactly one of `addresses` and `secret` is required.
 *
 * Tollgate cannot see whether the proxy removes the header of a client. The proxy must set or remove it in every request,
 * on each of its ports.
 */
export interface ProxyCertificate {
  /** The kind of the proxy. `'rfc9440'` is the header `Client-Cert`, of any proxy. */
  readonly proxy: ProxyKind
  /**
   * The name of the header, for nginx and HAProxy only. Default: `'x-ssl-client-cert'` for nginx, and
   * `'x-ssl-client-der'` for HAProxy.
   */
  readonly header?: string | undefined
  /**
   * The IP addresses and CIDR ranges from which the proxy connects. Every program that can connect from
   * there is trusted.
   */
  readonly addresses?: string | readonly string[] | undefined
  /**
   * The value of the header `X-Proxy-Secret` that the proxy sets in every request: at least 32 characters. Several
   * secrets allow a rotation. It works over a Unix socket as well.
   */
  readonly secret?: Secrets | undefined
}

/** The checked option. */
export interface MtlsSettings {
  readonly mode: MtlsOptions['mode']
  readonly certificateOf: CertificateSource
}

const off: MtlsOptions = { mode: 'off' }
const noCertificate: CertificateSource = () => 'none'

/** Checks the option `mtls`. Default: `{ mode: 'off' }`. Throws a `TypeError`. */
export function expectMtls(value: unknown): MtlsSettings {
  const { mode, certificate } = expectOptions(value === undefined ? off : (value as MtlsOptions), 'the option `mtls`', [
    'mode',
    'certificate',
  ])
  const word = expectOneOf(mode, 'mtls.mode', ['off', 'accepted', 'required'])
  if (word === 'off' && certificate !== undefined) {
    throw invalidOption(
      "Expected no `certificate` with mode 'off'; set `mode` to 'accepted' or 'required', or remove `certificate`",
    )
  }
  return Object.freeze({ mode: word, certificateOf: word === 'off' ? noCertificate : expectSource(certificate) })
}

function expectSource(certificate: unknown = 'tls'): CertificateSource {
  if (certificate === 'tls') {
    return tlsCertificate
  }
  if (typeof certificate !== 'object') {
    throw invalidOption(
      `Expected \`certificate\` to be 'tls', or an object such as { proxy: 'nginx', addresses: '10.0.0.5' }, got ${describe(certificate)}`,
    )
  }
  const options = expectOptions(certificate as ProxyCertificate, '`certificate` of `mtls`', [
    'proxy',
    'header',
    'addresses',
    'secret',
  ])
  const proxy = expectOneOf(options.proxy, 'proxy', Object.keys(proxyFormats) as ProxyKind[])
  const headers = expectHeaders(options.header, proxy)
  const isFromProxy = expectProxyTrust(options)
  return (request, now) => (isFromProxy(request) ? forwardedCertificate(request, headers, now) : 'none')
}

function expectHeaders(header: unknown, proxy: ProxyKind): ProxyHeaders {
  const { name, headers } = proxyFormats[proxy]
  const [[fixedName, parse] = []] = Object.entries(headers)
  if (header === undefined || parse === undefined) {
    return headers
  }
  if (name === 'fixed') {
    throw invalidOption(`Expected no \`header\` for proxy '${proxy}', whose header is ${fixedName}; remove it`)
  }
  const text = expectText(header, 'header')
  if (!/^[a-z\d-]+$/i.test(text)) {
    throw invalidOption(
      'Expected `header` to have only letters, digits and -, because proxies and servers drop a name with another character',
    )
  }
  return { [text.toLowerCase()]: parse }
}
