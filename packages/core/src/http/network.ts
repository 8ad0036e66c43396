import type { Dispatcher } from 'undici'
import type { Clock } from '../lib/clock.ts'
import { type ConnectionKind, defaultDispatcher, joinDispatchers } from './dispatchers.ts'
import type { NetworkAccess } from './public-address.ts'
import { type SharedDocuments, sharedDocumentsOf } from './shared-documents.ts'

/** What the outbound calls for one issuer need. */
export interface Network {
  /**
   * The dispatcher of the calls. The default dispatcher rejects with an `UpstreamError` when no validator is open. A
   * dispatcher of the developer may reuse connections for requests that need a new one.
   */
  readonly dispatcher: (connection?: ConnectionKind) => Promise<Dispatcher>
  readonly access: NetworkAccess
  readonly clock: Clock
  /** The name of the issuer in diagnostics. */
  readonly label: string
  /** The documents that were fetched with the same dispatcher, clock and access. */
  readonly shared: SharedDocuments
}

/** The outbound side of one validator. */
export interface Networks {
  readonly of: (access: NetworkAccess, label: string) => Network
  /** Closes the default dispatchers when this is the last open validator. A dispatcher of the developer stays open. */
  readonly close: () => Promise<void>
}

/** With `dispatcher: undefined`, calls use the default dispatcher. */
export function createNetworks(options: { dispatcher: Dispatcher | undefined; clock: Clock }): Networks {
  const { dispatcher: own, clock } = options
  const { owner, leave } = joinDispatchers()
  return {
    of: (access, label) => ({
      dispatcher: own === undefined ? (connection) => defaultDispatcher(access, connection) : async () => own,
      access,
      clock,
      label,
      shared: sharedDocumentsOf(own ?? owner, clock, access),
    }),
    close: leave,
  }
}
