import { timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { expectTexts, invalidOption } from '../../lib/invalid-option.ts'
import { hash } from '../../lib/recent-node.ts'
import { memberOf } from '../../lib/record.ts'
import { expectSecrets } from '../../lib/secrets.ts'
import { headerLines } from '../../request/header-lines.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { peerOfRequest } from './client-certificate.ts'

/** Whether a request comes from the proxy of the configuration. */
type IsFromProxy = (request: HttpRequest) => boolean

/** Checks how the configuration names the proxy: by its addresses, or by a secret. Throws a `TypeError`. */
export function expectProxyTrust({
  addresses,
  secret,
}: {
  readonly addresses?: unknown
  readonly secret?: unknown
}): IsFromProxy {
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
function trustByAddress(list: BlockList): IsFromProxy {
  return (request) => {
    const address = memberOf(peerOfRequest(request), 'address')
    const [plain = ''] = typeof address === 'string' ? address.split('%', 1) : []
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Compares digests in constant time, and all of them. */
function trustBySecret(digests: readonly Uint8Array[]): IsFromProxy {
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
