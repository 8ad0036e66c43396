import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { createHolders, type Holders } from './holders.ts'
import { type Addresses, isPublicAddress } from './public-address.ts'

/** The `code` of the error that a connection fails with when its name leads to an address that is not public. */
export const forbiddenAddress = 'ERR_FORBIDDEN_ADDRESS'

/** Our own connections, which all validators of the process share: one dispatcher for network of each kind, for as long as somebody holds them. */
export interface Connections {
  readonly dispatcher: (network: Addresses) => Dispatcher
  readonly release: () => Promise<void>
}

interface Open {
  readonly agents: Readonly<Record<Addresses, Agent>>
  readonly holders: Holders
}

let current: Open | undefined

export function holdConnections(): Connections {
  const { agents, holders } = (current ??= open())
  const letGo = holders.hold()

  async function release(): Promise<void> {
    letGo()
    if (!holders.isHeld()) {
      await Promise.all(Object.values(agents).map((agent) => agent.destroy()))
    }
  }

  return { dispatcher: (network) => agents[network], release }
}

function open(): Open {
  const agents = {
    any: new Agent({ connect: lookupFor('any') }),
    public: new Agent({ connect: lookupFor('public') }),
  }
  return { agents, holders: createHolders(() => () => (current = undefined)) }
}

/** How connections to network of that kind resolve names. */
export function lookupFor(network: Addresses): { readonly lookup?: LookupFunction } {
  return network === 'public' ? { lookup: publicLookup } : {}
}

/** Resolves names as Node does, and fails when any of the network is not public: between this look and the connection there is no other. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, network) => {
    const [first] = network ?? []
    if (error !== null) {
      callback(error, '')
    } else if (first === undefined || !network.every(({ address }) => isPublicAddress(address))) {
      callback(Object.assign(new Error('An address that is not public'), { code: forbiddenAddress }), '')
    } else if (options.all === true) {
      callback(null, network)
    } else {
      callback(null, first.address, first.family)
    }
  })
}
