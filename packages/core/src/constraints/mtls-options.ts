import { timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { describe, expectOneOf, expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'
import { memberOf } from '../lib/record.ts'
import { hash } from '../lib/recent-node.ts'
import { expectSecrets, type Secrets } from '../lib/secrets.ts'
import { headerLines } from '../request/header-lines.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { type CertificateSource, peerOfRequest, tlsCertificate } from './client-certificate.ts'
import { forwardedCertificate, proxyFormats, type ProxyHeaders, type ProxyKind } from './proxy-headers.ts'

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
  /** The name of the header, for nginx and HAProxy. Default: `'x-ssl-client-cert'`, and `'x-ssl-client-der'`. */
  readonly header?: string | undefined
  /** The IP addresses and CIDR ranges from which the proxy connects. Whoever can connect from there is trusted. */
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
  /** `undefined` when the certificate does not come from a proxy. */
  readonly proxy?: TrustedProxy | undefined
}

/** The proxy that ends the TLS connection. */
export interface TrustedProxy {
  readonly headers: readonly string[]
  readonly trust: 'addresses' | 'secret'
  readonly isSender: (request: HttpRequest) => boolean
}

const off: MtlsOptions = { mode: 'off' }
const noCertificate: CertificateSource = () => 'none'

/** Checks the option `mtls` once, at start-up. Default: `{ mode: 'off' }`. */
export function expectMtls(value: unknown): MtlsSettings {
  const { mode, certificate } = expectOptions(value === undefined ? off : (value as MtlsOptions), '`mtls`', [
    'mode',
    'certificate',
  ])
  const word = expectOneOf(mode, 'mode` of `mtls', ['off', 'accepted', 'required'])
  if (word === 'off' && certificate !== undefined) {
    throw invalidOption(
      "Expected no `certificate` with mode 'off'; set `mode` to 'accepted' or 'required', or remove `certificate`",
    )
  }
  return Object.freeze({
    mode: word,
    ...(word === 'off' ? { certificateOf: noCertificate } : expectSource(certificate)),
  })
}

function expectSource(certificate: unknown = 'tls'): Omit<MtlsSettings, 'mode'> {
  if (certificate === 'tls') {
    return { certificateOf: tlsCertificate }
  }
  if (typeof certificate !== 'object') {
    throw invalidOption(
      `Expected \`certificate\` to be 'tls', or an object such as { proxy: 'nginx', addresses: '10.0.0.5' }, got ${describe(certificate)}`,
    )
  }
  const options = expectOptions(certificate as ProxyCertificate, '`certificate`', [
    'proxy',
    'header',
    'addresses',
    'secret',
  ])
  const proxy = expectOneOf(options.proxy, 'proxy', Object.keys(proxyFormats) as ProxyKind[])
  const headers = expectHeaders(options.header, proxy)
  const isSender = expectTrust(options)
  const trust = options.addresses === undefined ? 'secret' : 'addresses'
  return {
    certificateOf: (request, now) => (isSender(request) ? forwardedCertificate(request, headers, now) : 'none'),
    proxy: { headers: Object.keys(headers), trust, isSender },
  }
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

/** Whether a request comes from the proxy. */
function expectTrust({ addresses, secret }: ProxyCertificate): (request: HttpRequest) => boolean {
  if ((addresses === undefined) === (secret === undefined)) {
    const got = addresses === undefined ? 'neither' : 'both'
    throw invalidOption(
      `Expected exactly one of \`addresses\` and \`secret\`, got ${got}: the header of an unknown sender proves nothing; set the addresses of the proxy, or a secret that the proxy sends as X-Proxy-Secret`,
    )
  }
  return addresses === undefined
    ? trustBySecret(expectProxySecrets(secret))
    : trustByAddress(expectAddresses(addresses))
}

/** Node compares IPv4-mapped IPv6 addresses with IPv4 ranges. A zone, as in `fe80::1%eth0`, is no part of the address. */
function trustByAddress(list: BlockList): (request: HttpRequest) => boolean {
  return (request) => {
    const address = memberOf(peerOfRequest(request), 'address')
    const [plain = ''] = typeof address === 'string' ? address.split('%', 1) : []
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Compares digests in constant time, and all of them. */
function trustBySecret(digests: readonly Uint8Array[]): (request: HttpRequest) => boolean {
  return (request) => {
    const [line, ...others] = headerLines(request.headers, 'x-proxy-secret')
    if (line === undefined || others.length > 0) {
      return false
    }
    const given = digestOf(Buffer.from(line, 'latin1'))
    return digests.filter((digest) => timingSafeEqual(digest, given)).length > 0
  }
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

function expectProxySecrets(secret: unknown): readonly Uint8Array[] {
  return expectSecrets(secret, 'secret').map((bytes) => {
    // A header has no other bytes, and spaces at its ends do not count (RFC 9110 §5.5).
    if (!/^[!-~]+$/.test(Buffer.from(bytes).toString('latin1'))) {
      throw invalidOption(
        'Expected `secret` to be visible ASCII without spaces and line ends, because it is the value of a header; remove the line end of a file with .trim()',
      )
    }
    return digestOf(bytes)
  })
}

function expectAddresses(addresses: unknown): BlockList {
  const list = new BlockList()
  for (const [index, text] of expectTexts(addresses, 'addresses').entries()) {
    const [, network = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
    const version = isIP(network)
    const maxPrefix = version === 4 ? 32 : 128
    const length = prefix === undefined ? maxPrefix : Number(prefix)
    if (version === 0 || length > maxPrefix) {
      throw invalidOption(
        `Expected each of \`addresses\` to be an IP address or a CIDR range, such as '10.0.0.5' or 'fd00::/8', got another text at index ${index}; a host name has no fixed address`,
      )
    }
    if (length === 0) {
      throw invalidOption(
        `Expected \`addresses\` to name the proxy, got the range of all addresses at index ${index}; without fixed addresses, use \`secret\``,
      )
    }
    list.addSubnet(network, length, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
