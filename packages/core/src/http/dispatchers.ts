import type { Dispatcher } from 'undici'
import { holdConnections } from './connections.ts'
import { createHoldings, type Holdings } from './holdings.ts'
import type { Addresses } from './public-address.ts'

/** How a validator reaches the world until it is closed. */
export interface Reach {
  /** The dispatcher for network of that kind. */
  readonly dispatcher: (network: Addresses) => Dispatcher
  readonly holdings: Holdings
  /** Ends the timers and connections that nobody else in the process holds. */
  readonly close: () => Promise<void>
}

/** A dispatcher of the user's is for all network, and left alone in the end. */
export function createReach(own: Dispatcher | undefined): Reach {
  const holdings = createHoldings()
  const { dispatcher, release } = own === undefined ? holdConnections() : { dispatcher: () => own }

  return {
    dispatcher,
    holdings,
    close: async () => {
      holdings.end()
      await release?.()
    },
  }
}
