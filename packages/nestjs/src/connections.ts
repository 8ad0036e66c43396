import { type AccessToken, type Guard, isRefusal, isUnavailable, lease, type Lease, type Validator } from '@tollgate/core'
import { deferOrganization } from '@tollgate/core/adapter'
import type { SocketCall } from './calls.ts'

/** Authenticates each connection once. The calls over it use the token of its lease, as long as that lasts. */
export interface Connections<Claims> {
  /** The token of a call, if its guards accept it. `undefined` for an optional call of a connection without credentials. */
  readonly authenticate: (
    call: SocketCall,
    guard: Guard,
    credentials: 'required' | 'optional',
  ) => Promise<AccessToken<Claims> | undefined>
  /** The lease of a connection, which ends the connection. `undefined` for a connection without credentials. */
  readonly leaseOf: (call: SocketCall) => Promise<Lease<Claims> | undefined>
}

export function createConnections<Claims>(validator: Validator<Claims>): Connections<Claims> {
  const leases = new WeakMap<object, Promise<Lease<Claims> | undefined>>()

  async function open({ http, closable }: SocketCall): Promise<Lease<Claims> | undefined> {
    const token = await validator.authenticateOptional(http, deferOrganization)
    if (token === undefined) {
      return undefined
    }
    const opened = lease(token)
    return closable === undefined ? opened : opened.bind(closable)
  }

  async function leaseOf(call: SocketCall): Promise<Lease<Claims> | undefined> {
    const known = leases.get(call.connection)
    if (known !== undefined) {
      return known
    }
    // Calls at the same time have one proof.
    const opening = open(call)
    leases.set(call.connection, opening)
    const forget = (opened: unknown): void => {
      if (opened === undefined) {
        leases.delete(call.connection)
      }
    }
    opening.then(forget, () => forget(undefined))
    return opening
  }

  return {
    leaseOf,
    authenticate: async (call, guard, credentials) => {
      const opened = await leaseOf(call)
      if (opened === undefined && credentials === 'optional') {
        return undefined
      }
      const token = opened?.token
      const ended: unknown = opened?.signal.reason
      if (isRefusal(ended) || isUnavailable(ended)) {
        throw ended
      }
      try {
        return await validator.authorize(token, call.http, guard)
      } catch (error) {
        if (isRefusal(error) && error.reason === 'inactive') {
          opened?.end()
        }
        throw error
      }
    },
  }
}
