import type { Dispatcher } from 'undici'
import type { Clock } from '../lib/clock.ts'
import { defaultDispatcher, joinDispatchers } from './dispatchers.ts'
import type { NetworkAccess } from './public-address.ts'
import { type SharedDocuments, sharedDocumentsOf } from './shared-documents.ts'

/** What the outbound calls for one issuer need. */
export interface Network {
  /** The dispatcher of the calls. The default dispatcher rejects with an `UpstreamError` when no validator is open. */
  readonly dispatcher: () => Promise<Dispatcher>
  readonly access: NetworkAccess
  readonly clock: Clock
  /** The name of the issuer in diagnostics. */
  readonly label: string
  /** The documents that were fetched with the same dispatcher, clock and access. */
  readonly documents: SharedDocuments
}

/** The outbound side of one validator. */
export interface Networks {
  readonly of: (access: NetworkAccess, label: string) => Network
  /** Closes the default dispatchers when this is the last open validator. A dispatcher of the developer stays open. */
  readonly close: () => Promise<void>
}

export interface NetworksOptions {
  /** A dispatcher of the developer. `undefined`: the default dispatcher. */
  readonly dispatcher: Dispatcher | undefined
  readonly clock: Clock
}

export function createNetworks({ dispatcher: own, clock }: NetworksOptions): Networks {
  const { owner, leave } = joinDispatchers()

  function of(access: NetworkAccess, label: string): Network {
    const dispatcher = own === undefined ? () => defaultDispatcher(access) : async () => own
    return { dispatcher, access, clock, label, documents: sharedDocumentsOf({ owner: own ?? owner, clock, access }) }
  }

  return { of, close: leave }
}
