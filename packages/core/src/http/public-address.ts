import { BlockList, isIP } from 'node:net'

/** Where issuers may be reached: anywhere, or at public addresses only, because their names have come out of tokens. */
export type Addresses = 'any' | 'public'

/** Addresses that are somebody's own network, this host, or nobody's (RFC 6890, RFC 4193, RFC 6598). */
const ownNetworks = new BlockList()
const v4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const
const v6 = [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const
v4.forEach(([network, prefix]) => ownNetworks.addSubnet(network, prefix, 'ipv4'))
v6.forEach(([network, prefix]) => ownNetworks.addSubnet(network, prefix, 'ipv6'))

/** Whether an address, without brackets, is one that anybody on the internet could reach. An address that hides another in it has to be one twice. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !ownNetworks.check(address, 'ipv4')
    case 6:
      return !ownNetworks.check(address, 'ipv6') && !ownNetworks.check(hiddenAddress(address) ?? '1.1.1.1', 'ipv4')
    default:
      return false
  }
}

/** IPv4 within IPv6: mapped and compatible (RFC 4291 §2.5.5), by NAT64 (RFC 6052) and by 6to4 (RFC 3056). */
function hiddenAddress(address: string): string | undefined {
  const words = wordsOf(address)
  const isAtTheEnd = /^(0,0,0,0,0,(0|65535)|100,65435,0,0,0,0),/.test(words.join())
  const [high = 0, low = 0] = isAtTheEnd ? words.slice(6) : words.slice(1)
  return isAtTheEnd || words[0] === 0x2002 ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

/** The eight words of an IPv6 address, as `URL` spells them out. */
function wordsOf(address: string): readonly number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((word) => Number.parseInt(word, 16))
}
