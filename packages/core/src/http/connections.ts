import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { type Addresses, isPublicAddress } from './public-address.ts'

/** The `code` of the error that a connection fails with when its name leads to an address that is not public. */
export const forbiddenAddress = 'ERR_FORBIDDEN_ADDRESS'

/** Our own connections, which all validators of the process share: one dispatcher for addresses of each kind, for as long as somebody holds them. */
export interface Connections {
  readonly dispatcher: (addresses: Addresses) => Dispatcher
  readonly release: () => Promise<void>
}

let current: { readonly agents: Readonly<Record<Addresses, Agent>>; holders: number } | undefined

export function holdConnections(): Connections {
  const held = (current ??= {
    agents: { any: new Agent({ connect: lookupFor('any') }), public: new Agent({ connect: lookupFor('public') }) },
    holders: 0,
  })
  held.holders += 1
  let isReleased = false

  async function release(): Promise<void> {
    held.holders -= isReleased ? 0 : 1
    isReleased = true
    if (held.holders === 0 && current === held) {
      current = undefined
      await Promise.all(Object.values(held.agents).map((agent) => agent.destroy()))
    }
  }

  return { dispatcher: (addresses) => held.agents[addresses], release }
}

/** How connections to addresses of that kind resolve names. */
export function lookupFor(addresses: Addresses): { readonly lookup?: LookupFunction } {
  return addresses === 'public' ? { lookup: publicLookup } : {}
}

/** Resolves names as Node does, and fails when any of the addresses is not public: between this look and the connection there is no other. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error !== null) {
      callback(error, '')
    } else if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
      callback(Object.assign(new Error('An address that is not public'), { code: forbiddenAddress }), '')
    } else if (options.all === true) {
      callback(null, addresses)
    } else {
      callback(null, first.address, first.family)
    }
  })
}
