import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Agent, Dispatcher } from 'undici'
import { UpstreamError } from '../responses/unavailable.ts'
import { isPublicAddress, type NetworkAccess } from './public-address.ts'
import { importUndici } from './undici.ts'

/** The `code` of the error of a connection whose host name has an address that is not public. */
export const forbiddenAddress = 'ERR_FORBIDDEN_ADDRESS'

/** TLS options of a client certificate. */
export type ClientCertificateOptions = Pick<SecureContextOptions, 'cert' | 'key' | 'passphrase' | 'ca'>

// Each call has a deadline, which is at most 30 s. No default of undici or Node may end a call earlier. undici ends a
// connection after 10 s, TLS included.
const connectTimeout = 31_000
/**
 * Node ends the attempt to connect to one of several addresses after 250 ms. A slow network, or one lost packet, takes
 * longer. The second address must still have its turn within a deadline of 1 s.
 */
const attemptTimeout = 500

/** `'new'`: the request must not be sent on a connection that served another one before. */
export type ConnectionKind = 'any' | 'new'

/** The agents of the process, by their options. All validators share them until the last open validator closes. */
let shared: { readonly openValidators: Set<object>; readonly agents: Map<object, Promise<Agent>> } | undefined

/** Counts a validator as open. Returns the owner of the shared agents, and closes them with the last validator. */
export function joinDispatchers(): { readonly owner: object; readonly leave: () => Promise<void> } {
  const joined = (shared ??= { openValidators: new Set(), agents: new Map() })
  const validator = {}
  joined.openValidators.add(validator)

  async function leave(): Promise<void> {
    joined.openValidators.delete(validator)
    if (joined.openValidators.size === 0) {
      shared = shared === joined ? undefined : shared
      const agents = await Promise.all(joined.agents.values())
      // `destroy` closes the connections at once. Its promise waits for the global `queueMicrotask`, which fake timers replace.
      agents.forEach((agent) => void agent.destroy())
    }
  }

  return { owner: joined, leave }
}

/** The default dispatcher, shared by all validators. Rejects with an `UpstreamError` when no validator is open. */
export const defaultDispatcher: FindDispatcher = createDispatcher({})

/** `connection` is `'any'` by default. */
export type FindDispatcher = (access: NetworkAccess, connection?: ConnectionKind) => Promise<Dispatcher>

/**
 * A dispatcher with a client certificate. Its agents are created on their first use, and destroyed when the last open
 * validator closes. Create it once, because each call has its own connections. The function rejects with an
 * `UpstreamError` when no validator is open.
 */
export function createDispatcher(certificate: ClientCertificateOptions): FindDispatcher {
  const any = { ...certificate, timeout: connectTimeout, autoSelectFamilyAttemptTimeout: attemptTimeout }
  const options = {
    any: agentOptions({ connect: any }),
    public: agentOptions({ connect: { ...any, lookup: publicLookup } }),
  }

  return async (access, connection = 'any') => {
    if (shared === undefined) {
      throw new UpstreamError({ reason: 'closing', message: 'No call is possible: all validators are closed' })
    }
    const chosen = options[access][connection]
    const agent = shared.agents.get(chosen) ?? createAgent(chosen)
    shared.agents.set(chosen, agent)
    return agent
  }
}

/** Without pipelining, undici ends a connection after one request. With HTTP/2 it would reuse the connection. */
function agentOptions(any: Agent.Options): Readonly<Record<ConnectionKind, Agent.Options>> {
  return { any, new: { ...any, pipelining: 0, allowH2: false } }
}

async function createAgent(options: Agent.Options): Promise<Agent> {
  const { Agent } = await importUndici()
  return new Agent(options)
}

/** Fails when one address of a name is not public. The connection uses the addresses without another look-up. */
function publicLookup(...[hostname, options, callback]: Parameters<LookupFunction>): void {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const [first] = found ?? []
    if (error !== null) {
      callback(error, '')
    } else if (first === undefined || !found.every(({ address }) => isPublicAddress(address))) {
      callback(Object.assign(new Error('An address that is not public'), { code: forbiddenAddress }), '')
    } else if (options.all === true) {
      callback(null, found)
    } else {
      callback(null, first.address, first.family)
    }
  })
}
