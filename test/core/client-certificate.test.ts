/** The headers in which proxies pass on the client certificate. */
import { createHash, X509Certificate } from 'node:crypto'
import type { HttpRequest } from '@tollgate/core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CertificateResult } from '../../packages/core/src/constraints/mtls/client-certificate.ts'
import { expectMtls, type ProxyCertificate } from '../../packages/core/src/constraints/mtls/mtls-options.ts'
import { certificate } from '../harness/certificates.ts'

type Kind = ProxyCertificate['proxy']
type Line = readonly [name: string, value: string]

const proxyAddress = '10.0.0.5'
const notAfter = new Date('2026-06-01T12:00:00Z')
const now = notAfter.getTime() - 1000

/** A certificate in each form in which a proxy writes it. */
interface Forms {
  readonly der: Buffer
  readonly base64: string
  readonly pem: string
  readonly thumbprint: string
  readonly hex: string
}

let leaf: Forms
let other: Forms

async function makeForms(name: string): Promise<Forms> {
  const { raw } = new X509Certificate((await certificate(name, { notAfter })).cert)
  const base64 = raw.toString('base64')
  const hex = createHash('sha256').update(raw).digest('hex')
  const pem = `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  return { der: raw, base64, pem, thumbprint: Buffer.from(hex, 'hex').toString('base64url'), hex }
}

beforeAll(async () => {
  leaf = await makeForms('client')
  other = await makeForms('other')
})

/** The escapes of nginx and Envoy. */
const escaped = (text: string): string => encodeURIComponent(text)
/** The escapes of an Application Load Balancer, which leaves `+`, `=` and `/` as they are. */
const escapedByAlb = (text: string): string => text.replaceAll(' ', '%20').replaceAll('\n', '%0A')

const headerOf: Readonly<Record<Kind, string>> = {
  rfc9440: 'Client-Cert',
  nginx: 'X-SSL-Client-Cert',
  haproxy: 'X-SSL-Client-DER',
  envoy: 'X-Forwarded-Client-Cert',
  alb: 'X-Amzn-Mtls-Clientcert-Leaf',
}
const kinds = Object.keys(headerOf) as readonly Kind[]

/** The value of the header with a certificate. */
const valueOf: Readonly<Record<Kind, (forms: Forms) => string>> = {
  rfc9440: ({ base64 }) => `:${base64}:`,
  nginx: ({ pem }) => escaped(pem),
  haproxy: ({ base64 }) => base64,
  envoy: ({ pem, hex }) => `By=spiffe://api;Hash=${hex};Cert="${escaped(pem)}"`,
  alb: ({ pem }) => escapedByAlb(pem),
}

function resultOf(proxy: Kind, lines: readonly Line[], time = now): CertificateResult {
  const { certificateOf } = expectMtls({ mode: 'required', certificate: { proxy, addresses: proxyAddress } })
  const peer = { address: proxyAddress, certificate: () => undefined }
  return certificateOf({ method: 'GET', url: '/', headers: lines, peer } satisfies HttpRequest, time)
}

function resultOfValue(proxy: Kind, value: string): CertificateResult {
  return resultOf(proxy, [[headerOf[proxy], value]])
}

describe.each(kinds)('the header of %s', (proxy) => {
  const valid = (): string => valueOf[proxy](leaf)

  test('has the certificate of the client, with spaces around it and a name in any case', () => {
    expect(resultOfValue(proxy, valid())).toEqual({ thumbprint: leaf.thumbprint })
    expect(resultOfValue(proxy, ` ${valid()} `)).toEqual({ thumbprint: leaf.thumbprint })
    expect(resultOf(proxy, [[headerOf[proxy].toUpperCase(), valid()]])).toEqual({ thumbprint: leaf.thumbprint })
    expect(resultOfValue(proxy, valueOf[proxy](other))).toEqual({ thumbprint: other.thumbprint })
  })

  test('is absent or empty without a certificate', () => {
    expect(resultOf(proxy, [])).toBe('none')
    expect(resultOfValue(proxy, '')).toBe('none')
    expect(resultOfValue(proxy, '  ')).toBe('none')
  })

  test('is not seen under a name with an underscore', () => {
    expect(resultOf(proxy, [[headerOf[proxy].replaceAll('-', '_'), valid()]])).toBe('none')
  })

  test('is malformed when it is repeated, in several lines or in one', () => {
    const name = headerOf[proxy]
    expect(
      resultOf(proxy, [
        [name, valid()],
        [name, valid()],
      ]),
    ).toBe('malformed')
    expect(
      resultOf(proxy, [
        [name, valid()],
        [name.toLowerCase(), valueOf[proxy](other)],
      ]),
    ).toBe('malformed')
    expect(
      resultOf(proxy, [
        [name, valid()],
        [name, ''],
      ]),
    ).toBe('malformed')
    expect(resultOfValue(proxy, `${valid()}, ${valid()}`)).toBe('malformed')
    expect(resultOfValue(proxy, `${valid()},${valueOf[proxy](other)}`)).toBe('malformed')
  })

  test('is malformed when a web Headers has joined several lines', () => {
    const headers = new Headers([[headerOf[proxy], valid()]])
    const request = { method: 'GET', url: '/', headers, peer: { address: proxyAddress, certificate: () => undefined } }
    const { certificateOf } = expectMtls({ mode: 'accepted', certificate: { proxy, addresses: proxyAddress } })
    expect(certificateOf(request, now)).toEqual({ thumbprint: leaf.thumbprint })
    headers.append(headerOf[proxy], valid())
    expect(certificateOf(request, now)).toBe('malformed')
  })

  test('is malformed with anything that is not exactly one certificate', () => {
    const { der, pem } = leaf
    const forms = (bytes: Buffer): Forms => ({
      ...leaf,
      der: bytes,
      base64: bytes.toString('base64'),
      pem: `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`,
      hex: createHash('sha256').update(bytes).digest('hex'),
    })
    const bad: Readonly<Record<string, string>> = {
      'a truncated certificate': valueOf[proxy](forms(der.subarray(0, -1))),
      'a byte behind the certificate': valueOf[proxy](forms(Buffer.concat([der, Buffer.of(0)]))),
      'two certificates': valueOf[proxy](forms(Buffer.concat([der, other.der]))),
      'other bytes': valueOf[proxy](forms(Buffer.from('hello'))),
      'PEM within the encoding': valueOf[proxy](forms(Buffer.from(pem))),
      'PEM as it is': pem.replaceAll('\n', ' '),
      'a cut': valid().slice(0, -30),
      'a cut at the start': valid().slice(5),
      'a character of no meaning': `${valid().slice(0, 200)}!${valid().slice(200)}`,
      'a space within': `${valid().slice(0, 200)} ${valid().slice(200)}`,
      'an escape that is none': `${valid().slice(0, 200)}%G0${valid().slice(200)}`,
      'the start of an escape': `${valid()}%`,
      'double escapes': escaped(escaped(pem)),
      'a character beyond ASCII': `${valid()}é`,
      'a word': 'none',
      'a placeholder': '(null)',
      'a colon': ':',
      'two colons': '::',
      'a quote': '"',
    }
    for (const [what, value] of Object.entries(bad)) {
      expect(resultOfValue(proxy, value), what).toBe('malformed')
    }
  })

  test('is expired when the time is after the last second of the certificate', () => {
    const lines: readonly Line[] = [[headerOf[proxy], valid()]]
    const end = notAfter.getTime()
    expect(resultOf(proxy, lines, end - 1000)).toEqual({ thumbprint: leaf.thumbprint })
    expect(resultOf(proxy, lines, end)).toEqual({ thumbprint: leaf.thumbprint })
    expect(resultOf(proxy, lines, end + 1000)).toBe('expired')
    // A client whose clock is wrong can have a certificate from the future. The handshake has accepted it.
    expect(resultOf(proxy, lines, 0)).toEqual({ thumbprint: leaf.thumbprint })
  })

  test('is malformed beyond 16 KiB, and costs linear work', () => {
    const long = ':"%41=;-----BEGIN CERTIFICATE-----%0A'
    for (const text of ['A', ':', '"', '\\', '%41', '=', 'Cert="', 'a=b;', 'a="\\"";', long]) {
      expect(resultOfValue(proxy, text.repeat(Math.floor(16_384 / text.length))), text).toBe('malformed')
    }
    const started = performance.now()
    expect(resultOfValue(proxy, 'a='.repeat(5_000_000))).toBe('malformed')
    // The result needs no look at the value.
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('does not count under the name of another kind', () => {
    const lines = kinds.filter((kind) => kind !== proxy).map((kind): Line => [headerOf[kind], valueOf[kind](leaf)])
    expect(resultOf(proxy, lines)).toBe('none')
  })
})

test('RFC 9440: a byte sequence with or without padding, without parameters', () => {
  const { base64, thumbprint } = leaf
  expect(resultOfValue('rfc9440', `:${base64.replaceAll('=', '')}:`)).toEqual({ thumbprint })
  for (const value of [
    base64,
    `"${base64}"`,
    `:${base64}`,
    `${base64}:`,
    `:${base64}:;a=1`,
    `(:${base64}:)`,
    `: ${base64}:`,
  ]) {
    expect(resultOfValue('rfc9440', value)).toBe('malformed')
  }
  expect(resultOfValue('rfc9440', `:${Buffer.from(leaf.der).toString('base64url')}:`)).toMatch(/malformed/)
})

test('RFC 9440: the example of the RFC', () => {
  // RFC 9440, figure 2: an expired certificate of the year 2021.
  const value =
    ':MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:'
  const at = Date.UTC(2020, 5, 1)
  const der = Buffer.from(value.slice(1, -1), 'base64')
  const thumbprint = createHash('sha256').update(der).digest('base64url')
  expect(resultOf('rfc9440', [['Client-Cert', value]], at)).toEqual({ thumbprint })
  expect(resultOf('rfc9440', [['Client-Cert', value]], Date.UTC(2021, 0, 23, 22, 55, 34))).toBe('expired')
})

test('nginx: exactly one PEM block, with line ends of any system', () => {
  const { pem, thumbprint } = leaf
  expect(resultOfValue('nginx', escaped(pem.replaceAll('\n', '\r\n')))).toEqual({ thumbprint })
  expect(resultOfValue('nginx', escaped(pem.trim()))).toEqual({ thumbprint })
  expect(resultOfValue('nginx', escaped(pem).toLowerCase())).toBe('malformed')
  const bad = [
    pem + other.pem,
    `Bag Attributes\n${pem}`,
    `${pem}more`,
    pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
    pem.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    pem.replaceAll('-----', '----'),
    pem.replaceAll('\n', ''),
    pem.replace('-----END CERTIFICATE-----', ''),
  ]
  for (const text of bad) {
    expect(resultOfValue('nginx', escaped(text)), text).toBe('malformed')
  }
  // A `+` for a space is the encoding of forms.
  expect(resultOfValue('nginx', escaped(pem).replaceAll('%20', '+'))).toBe('malformed')
})

test('HAProxy: base64 in quotes is the same', () => {
  expect(resultOfValue('haproxy', `"${leaf.base64}"`)).toEqual({ thumbprint: leaf.thumbprint })
  expect(resultOfValue('haproxy', `"${leaf.base64}`)).toBe('malformed')
  expect(resultOfValue('haproxy', `""`)).toBe('malformed')
  expect(resultOfValue('haproxy', `"${leaf.base64}""${leaf.base64}"`)).toBe('malformed')
})

test('ALB: the leaf of the verify mode, or the chain of the passthrough mode, but not both', () => {
  const { pem, thumbprint } = leaf
  const chain = escapedByAlb(pem + other.pem)
  const passthrough = (value: string): CertificateResult => resultOf('alb', [['X-Amzn-Mtls-Clientcert', value]])
  expect(passthrough(escapedByAlb(pem))).toEqual({ thumbprint })
  expect(passthrough(chain)).toEqual({ thumbprint })
  expect(passthrough(escapedByAlb(other.pem + pem))).toEqual({ thumbprint: other.thumbprint })
  expect(passthrough(`${chain}more`)).toBe('malformed')
  expect(passthrough(`more${chain}`)).toBe('malformed')
  expect(resultOfValue('alb', chain)).toBe('malformed')
  expect(
    resultOf('alb', [
      ['X-Amzn-Mtls-Clientcert-Leaf', escapedByAlb(pem)],
      ['X-Amzn-Mtls-Clientcert', escapedByAlb(pem)],
    ]),
  ).toBe('malformed')
  // The other headers of the verify mode do not count.
  expect(
    resultOf('alb', [
      ['X-Amzn-Mtls-Clientcert-Subject', 'CN=client'],
      ['X-Amzn-Mtls-Clientcert-Serial-Number', '1'],
    ]),
  ).toBe('none')
})

describe('Envoy', () => {
  const present = (value: string): CertificateResult => resultOfValue('envoy', value)

  test('the certificate, or the hash alone', () => {
    const { pem, hex, thumbprint } = leaf
    const cert = `Cert="${escaped(pem)}"`
    for (const value of [
      cert,
      `Cert=${escaped(pem)}`,
      `Hash=${hex}`,
      `Hash="${hex}"`,
      `hash=${hex.toUpperCase()}`,
      `By=spiffe://api;Hash=${hex};Subject="CN=client,O=\\"A; B\\"";URI=spiffe://client;DNS=a.example;DNS=b.example`,
      `Hash=${hex};${cert};Chain="${escaped(pem + other.pem)}";Subject="";URI=`,
      `URI=https://a.example/?a=b;CERT="${escaped(pem)}"`,
      `Subject="CN=a\\\\";Hash=${hex}`,
    ]) {
      expect(present(value), value).toEqual({ thumbprint })
    }
  })

  test('several elements, because another proxy or the client wrote one of them', () => {
    const { hex } = leaf
    expect(present(`Hash=${hex},Hash=${other.hex}`)).toBe('malformed')
    expect(present(`By=spiffe://a;Hash=${hex},By=spiffe://b;Hash=${other.hex}`)).toBe('malformed')
    expect(present(`By=spiffe://a,Hash=${hex}`)).toBe('malformed')
    expect(present(`,Hash=${hex}`)).toBe('malformed')
    expect(present(`Hash=${hex},`)).toBe('malformed')
  })

  test('several certificates or hashes, and those that disagree', () => {
    const { pem, hex } = leaf
    expect(present(`Hash=${hex};Hash=${hex}`)).toBe('malformed')
    expect(present(`Hash=${hex};hash=${other.hex}`)).toBe('malformed')
    expect(present(`Cert="${escaped(pem)}";Cert="${escaped(pem)}"`)).toBe('malformed')
    expect(present(`Cert="${escaped(pem + other.pem)}"`)).toBe('malformed')
    expect(present(`Hash=${other.hex};Cert="${escaped(pem)}"`)).toBe('malformed')
    expect(present(`Hash=${hex};Cert="garbage"`)).toBe('malformed')
    expect(present(`Hash=${hex};Cert=""`)).toBe('malformed')
  })

  test('a name of the certificate that looks like another pair', () => {
    const { hex } = leaf
    // The value of `URI` has no quotes in Envoy, and the client may choose its names.
    expect(present(`By=spiffe://api;Hash=${hex};URI=http://x;Hash=${other.hex}`)).toBe('malformed')
    expect(present(`By=spiffe://api;Hash=${hex};URI=http://x;Cert="${escaped(other.pem)}"`)).toBe('malformed')
    expect(present(`By=spiffe://api;Hash=${hex};Subject="CN=\\";Hash=${other.hex};\\""`)).toEqual({
      thumbprint: leaf.thumbprint,
    })
  })

  test('elements without a certificate and a hash, and broken ones', () => {
    const { hex } = leaf
    for (const value of [
      'By=spiffe://api;URI=spiffe://client',
      'Hash=',
      `Hash=${hex.slice(1)}`,
      `Hash=${hex}0`,
      `Hash=${Buffer.from(hex, 'hex').toString('base64')}`,
      `Hash=${'g'.repeat(64)}`,
      `Hash="${hex}`,
      `Hash=${hex}"`,
      `Hash=${hex};`,
      `;Hash=${hex}`,
      `Hash = ${hex}`,
      `Hash=${hex} ;By=a`,
      `=${hex}`,
      `Subject="CN=a"b;Hash=${hex}`,
      `Subject="CN=a\\;Hash=${hex}`,
      hex,
    ]) {
      expect(present(value), value).toBe('malformed')
    }
  })
})
