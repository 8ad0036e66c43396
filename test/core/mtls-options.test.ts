/** The option `mtls`, and the trust in the sender of a header. */
import { createHash, X509Certificate } from 'node:crypto'
import type { HttpRequest } from '@tollgate/core'
import type { Peer } from '@tollgate/core/adapter'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CertificateResult } from '../../packages/core/src/constraints/mtls/client-certificate.ts'
import {
  expectMtls,
  type MtlsOptions,
  type ProxyCertificate,
} from '../../packages/core/src/constraints/mtls/mtls-options.ts'
import { certificate } from '../harness/certificates.ts'

const invalidOption = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
const now = Date.now()
const polluted: object = Object.prototype
const secret = 'a secret of the proxy must be long'.replaceAll(' ', '-')
const oldSecret = 'an old secret of the proxy, also long'.replaceAll(' ', '-')

let der: Buffer
let thumbprint: string
let value: string

beforeAll(async () => {
  const { cert } = await certificate('client')
  ;({ raw: der } = new X509Certificate(cert))
  thumbprint = createHash('sha256').update(der).digest('base64url')
  value = encodeURIComponent(cert)
})

function peer(address: string | undefined, bytes?: Uint8Array): Peer {
  return { address, certificate: () => bytes }
}

/** The result for a request with the header of nginx. */
function resultOf(
  trust: Partial<ProxyCertificate>,
  { address, lines = [] }: { address?: string | undefined; lines?: readonly (readonly [string, string])[] },
): CertificateResult {
  const { certificateOf } = expectMtls({ mode: 'accepted', certificate: { proxy: 'nginx', ...trust } })
  const headers = [['X-SSL-Client-Cert', value] as const, ...lines]
  return certificateOf({ method: 'GET', url: '/', headers, peer: peer(address) } satisfies HttpRequest, now)
}

describe('the certificate of the TLS connection', () => {
  const request: HttpRequest = { method: 'GET', url: '/', headers: [] }

  test.each([undefined, 'tls'] as const)('counts by default (%s)', (source) => {
    const { mode, certificateOf } = expectMtls({ mode: 'required', certificate: source })
    expect(mode).toBe('required')
    expect(certificateOf({ ...request, peer: peer('192.0.2.9', der) }, now)).toEqual({ thumbprint })
    expect(certificateOf({ ...request, peer: peer('192.0.2.9') }, now)).toBe('none')
    expect(certificateOf(request, now)).toBe('none')
    expect(certificateOf({ ...request, peer: peer('192.0.2.9', Buffer.from('x')) }, now)).toBe('malformed')
    expect(certificateOf({ ...request, peer: peer('192.0.2.9', Buffer.concat([der, der])) }, now)).toBe('malformed')
    const later = Date.parse(new X509Certificate(der).validTo) + 1000
    expect(certificateOf({ ...request, peer: peer('192.0.2.9', der) }, later)).toBe('expired')
  })

  test('makes every header irrelevant', () => {
    const { certificateOf } = expectMtls({ mode: 'required' })
    const headers = [
      ['X-SSL-Client-Cert', value],
      ['Client-Cert', `:${der.toString('base64')}:`],
    ] as const
    expect(certificateOf({ ...request, headers, peer: peer('127.0.0.1') }, now)).toBe('none')
  })

  test('does not count when a proxy is configured, because it is that of the proxy', () => {
    const trust = { proxy: 'nginx', addresses: '10.0.0.5' } as const
    const { certificateOf } = expectMtls({ mode: 'required', certificate: trust })
    expect(certificateOf({ ...request, peer: peer('10.0.0.5', der) }, now)).toBe('none')
  })
})

test('the default is off: no certificate counts', () => {
  for (const { mode, certificateOf } of [expectMtls(undefined), expectMtls({ mode: 'off' })]) {
    expect(mode).toBe('off')
    expect(certificateOf({ method: 'GET', url: '/', headers: [], peer: peer('127.0.0.1', der) }, now)).toBe('none')
  }
})

describe('a proxy that is trusted by its address', () => {
  test.each([
    ['10.0.0.5', '10.0.0.5'],
    ['10.0.0.5', '::ffff:10.0.0.5'],
    ['10.0.0.5', '::ffff:a00:5'],
    ['10.0.0.5/32', '10.0.0.5'],
    ['10.0.0.0/8', '10.255.255.255'],
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['fd00::/8', 'fd12:3456::1'],
    ['fd00::5', 'fd00:0:0:0:0:0:0:5'],
    ['fe80::1', 'fe80::1%eth0'],
    ['::1', '::1'],
    [['192.0.2.1', '10.0.0.5'], '10.0.0.5'],
  ])('%s trusts %s', (addresses, address) => {
    expect(resultOf({ addresses }, { address })).toEqual({ thumbprint })
  })

  test.each([
    ['10.0.0.5', '10.0.0.6'],
    ['10.0.0.5', '::ffff:10.0.0.6'],
    ['10.0.0.5', '::a00:5'],
    ['10.0.0.0/8', '11.0.0.0'],
    ['fd00::/8', 'fe00::1'],
    ['::1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['10.0.0.5', ''],
    ['10.0.0.5', 'proxy'],
    ['10.0.0.5', '10.0.0.5, 10.0.0.6'],
    ['10.0.0.5', undefined],
  ])('%s does not trust %s', (addresses, address) => {
    expect(resultOf({ addresses }, { address })).toBe('none')
  })

  test('the headers of a client do not change who the sender is', () => {
    const lines = [
      ['X-Forwarded-For', '10.0.0.5'],
      ['X-Real-IP', '10.0.0.5'],
      ['Forwarded', 'for=10.0.0.5'],
      ['X-Proxy-Secret', secret],
    ] as const
    expect(resultOf({ addresses: '10.0.0.5' }, { address: '192.0.2.1', lines })).toBe('none')
  })

  test('a request without a peer, and a peer that another part of the application put on every object', () => {
    const { certificateOf } = expectMtls({
      mode: 'required',
      certificate: { proxy: 'nginx', addresses: '10.0.0.5' },
    })
    const request = { method: 'GET', url: '/', headers: [['x-ssl-client-cert', value]] } as const
    expect(certificateOf(request, now)).toBe('none')
    Object.defineProperty(polluted, 'peer', { value: { address: '10.0.0.5' }, configurable: true })
    try {
      expect(certificateOf(request, now)).toBe('none')
    } finally {
      Reflect.deleteProperty(polluted, 'peer')
    }
  })
})

describe('a proxy that is trusted by its secret', () => {
  const trust = { secret: [secret, oldSecret] }
  const line = (text: string): readonly [string, string] => ['X-Proxy-Secret', text]

  test('each of its secrets counts, from any address and over a Unix socket', () => {
    for (const address of ['192.0.2.1', undefined]) {
      expect(resultOf(trust, { address, lines: [line(secret)] })).toEqual({ thumbprint })
      expect(resultOf(trust, { address, lines: [line(oldSecret)] })).toEqual({ thumbprint })
    }
    expect(resultOf({ secret: Buffer.from(secret) }, { lines: [line(secret)] })).toEqual({ thumbprint })
    expect(resultOf({ secret }, { lines: [line(secret)] })).toEqual({ thumbprint })
  })

  test('anything but one line with a secret does not count', () => {
    expect(resultOf(trust, {})).toBe('none')
    for (const lines of [
      [line('')],
      [line(secret.slice(1))],
      [line(`${secret} `)],
      [line(secret.toUpperCase())],
      [line(`${secret}, ${secret}`)],
      [line(secret), line(secret)],
      [line(secret), line('other')],
      [['X_Proxy_Secret', secret] as const],
      [['X-Proxy-Secret2', secret] as const],
    ]) {
      expect(resultOf(trust, { address: '10.0.0.5', lines })).toBe('none')
    }
  })
})

test('nginx and HAProxy have a header of any name', () => {
  const { certificateOf } = expectMtls({
    mode: 'required',
    certificate: { proxy: 'nginx', header: 'SSL-Client-Cert', addresses: '10.0.0.5' },
  })
  const request = (name: string): HttpRequest => ({
    method: 'GET',
    url: '/',
    headers: [[name, value]],
    peer: peer('10.0.0.5'),
  })
  expect(certificateOf(request('ssl-client-cert'), now)).toEqual({ thumbprint })
  expect(certificateOf(request('SSL-CLIENT-CERT'), now)).toEqual({ thumbprint })
  expect(certificateOf(request('X-SSL-Client-Cert'), now)).toBe('none')
  expect(certificateOf(request('ssl_client_cert'), now)).toBe('none')
})

describe('options that cannot be right', () => {
  const base: ProxyCertificate = { proxy: 'nginx', addresses: '10.0.0.5' }
  const proxies: Readonly<Record<string, unknown>> = {
    'an unknown kind': { ...base, proxy: 'apache' },
    'no kind': { addresses: '10.0.0.5' },
    'neither addresses nor a secret': { proxy: 'nginx' },
    'variables without a value': { proxy: 'nginx', addresses: undefined, secret: undefined },
    'both addresses and a secret': { ...base, secret },
    'a header of a kind with a fixed name': { ...base, proxy: 'envoy', header: 'x-cert' },
    'a header of the ALB': { ...base, proxy: 'alb', header: 'x-cert' },
    'a header of RFC 9440': { ...base, proxy: 'rfc9440', header: 'client-cert' },
    'a header with an underscore': { ...base, header: 'ssl_client_cert' },
    'a header with a colon': { ...base, header: 'x-cert:' },
    'an empty header': { ...base, header: '' },
    'a header that is no text': { ...base, header: ['x-cert'] },
    'no addresses': { ...base, addresses: [] },
    'an empty address': { ...base, addresses: '' },
    'a host name': { ...base, addresses: 'proxy.internal' },
    'several addresses in one text': { ...base, addresses: '10.0.0.5, 10.0.0.6' },
    'a port': { ...base, addresses: '10.0.0.5:443' },
    brackets: { ...base, addresses: '[::1]' },
    'a zone': { ...base, addresses: 'fe80::1%eth0' },
    'a mask of IPv4': { ...base, addresses: '10.0.0.0/255.0.0.0' },
    'a long prefix of IPv4': { ...base, addresses: '10.0.0.0/33' },
    'a long prefix of IPv6': { ...base, addresses: 'fd00::/129' },
    'a prefix that is no number': { ...base, addresses: '10.0.0.0/x' },
    'no prefix after the slash': { ...base, addresses: '10.0.0.0/' },
    'all addresses of IPv4': { ...base, addresses: ['10.0.0.5', '0.0.0.0/0'] },
    'all addresses of IPv6': { ...base, addresses: '::/0' },
    'an address that is no text': { ...base, addresses: [10] },
    'a word of another framework': { ...base, addresses: 'loopback' },
    'a short secret': { proxy: 'nginx', secret: 'short' },
    'no secrets': { proxy: 'nginx', secret: [] },
    'a repeated secret': { proxy: 'nginx', secret: [secret, secret] },
    'a secret with a line end': { proxy: 'nginx', secret: `${secret}\n` },
    'a secret that no header can have': { proxy: 'nginx', secret: new Uint8Array(32) },
    'a secret that is no text': { proxy: 'nginx', secret: 5 },
    'a misspelt name': { ...base, address: '10.0.0.5' },
    'an array': [base],
    null: null,
    'a kind by itself': 'nginx',
    'a function': () => base,
  }

  test.each(Object.entries(proxies))('%s', (_name, given) => {
    expect(() => expectMtls({ mode: 'required', certificate: given })).toThrow(invalidOption)
  })

  test.each<readonly [string, unknown]>([
    ['an unknown mode', { mode: 'on' }],
    ['no mode', {}],
    ['a certificate with mode off', { mode: 'off', certificate: 'tls' }],
    ['a proxy with mode off', { mode: 'off', certificate: base }],
    ['a misspelt name', { mode: 'required', certificates: 'tls' }],
    ['a mode by itself', 'required'],
    ['true', true],
    ['null', null],
  ])('%s', (_name, given) => {
    expect(() => expectMtls(given)).toThrow(invalidOption)
  })

  test('no message has the secret', () => {
    const messageOf = (certificateOption: unknown): string => {
      try {
        expectMtls({ mode: 'required', certificate: certificateOption })
        return ''
      } catch (error) {
        return String(error)
      }
    }
    for (const given of [
      { ...base, secret },
      { proxy: 'nginx', secret: `${secret}\n` },
      { ...base, addresses: secret },
    ]) {
      expect(messageOf(given)).toMatch(/^TypeError: Expected/)
      expect(messageOf(given)).not.toContain(secret)
    }
  })
})

test('the settings are frozen, and later changes of the options do not count', () => {
  const options = { mode: 'required', certificate: { proxy: 'nginx', addresses: ['10.0.0.5'] } } satisfies MtlsOptions
  const settings = expectMtls(options)
  options.certificate.addresses.push('192.0.2.1')
  const request: HttpRequest = {
    method: 'GET',
    url: '/',
    headers: [['x-ssl-client-cert', value]],
    peer: peer('192.0.2.1'),
  }
  expect(settings.certificateOf(request, now)).toBe('none')
  expect(Object.isFrozen(settings)).toBe(true)
})
