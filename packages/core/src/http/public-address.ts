import { BlockList, isIP } from 'node:net'

/**
 * The addresses that calls for an issuer may connect to. `'public'`: only addresses that every host on the internet can
 * reach. It is meant for issuers whose names come from tokens.
 */
export type NetworkAccess = 'any' | 'public'

/** IPv4 for private networks, this host, the inner network of a cloud, documentation or no use (RFC 6890, RFC 6598). */
const special = new BlockList()
const v4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
v4.forEach(([network, prefix]) => special.addSubnet(network, prefix, 'ipv4'))

/**
 * Of IPv6 only global unicast counts as public, without the blocks that embed other addresses or are for documentation.
 */
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
const v6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const
v6.forEach(([network, prefix]) => special.addSubnet(network, prefix, 'ipv6'))

/**
 * Whether every host on the internet can reach an address. The address has no brackets. A text that is no address is
 * not public.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4')
    case 6: {
      const embedded = embeddedAddress(address)
      const isGlobal = global.check(address, 'ipv6') && !special.check(address, 'ipv6')
      return embedded === undefined ? isGlobal : !special.check(embedded, 'ipv4')
    }
    default:
      return false
  }
}

/** IPv4 within IPv6: mapped (RFC 4291 §2.5.5.2), or by NAT64 (RFC 6052). */
function embeddedAddress(address: string): string | undefined {
  const words = wordsOf(address)
  const [high = 0, low = 0] = words.slice(6)
  const isEmbedded = /^(0,0,0,0,0,65535|100,65435,0,0,0,0),/.test(words.join())
  return isEmbedded ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): readonly number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((word) => Number.parseInt(word, 16))
}
