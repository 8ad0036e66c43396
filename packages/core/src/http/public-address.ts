import { BlockList, isIP } from 'node:net'

/**
 * The addresses that calls for an issuer may connect to. `'public'`: only addresses that every host on the internet can
 * reach. It is meant for issuers whose names come from tokens.
 */
export type NetworkAccess = 'any' | 'public'

/**
 * IPv4 for private networks, this host, the inner network of a cloud, documentation or no use (RFC 6890, RFC 6598). Of
 * IPv6, the blocks that embed other addresses or are for documentation.
 */
const special = blockList(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 ' +
    '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 ' +
    '2001::/23 2001:db8::/32 2002::/16 3fff::/20',
)

/** Of IPv6 only global unicast counts as public. */
const global = blockList('2000::/3')

function blockList(subnets: string): BlockList {
  const list = new BlockList()
  for (const subnet of subnets.split(' ')) {
    const [network = '', prefix] = subnet.split('/')
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

/** Whether every host on the internet can reach an address (without brackets). Other texts are not public. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) !== 6) {
    return isIP(address) === 4 && !special.check(address, 'ipv4')
  }
  const embedded = embeddedAddress(address)
  const isGlobal = global.check(address, 'ipv6') && !special.check(address, 'ipv6')
  return embedded === undefined ? isGlobal : !special.check(embedded, 'ipv4')
}

/** IPv4 within IPv6: mapped (RFC 4291 §2.5.5.2), or by NAT64 (RFC 6052). */
function embeddedAddress(address: string): string | undefined {
  // The URL parser writes each address in one way (RFC 5952).
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`)
  const [, high, low] = /^\[(?:::ffff|64:ff9b:):([\da-f]+):([\da-f]+)\]$/.exec(hostname) ?? []
  const words = [high, low].map((word) => Number.parseInt(word ?? '', 16))
  return high === undefined ? undefined : words.flatMap((word) => [word >> 8, word & 255]).join('.')
}
