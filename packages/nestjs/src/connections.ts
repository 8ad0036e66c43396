import {
  type AccessToken,
  type Guard,
  type HttpRequest,
  isRefusal,
  lease,
  type Lease,
  type RawClaims,
  Refusal,
} from '@tollgate/core'
import { deferOrganization, noteOpener } from '@tollgate/core/adapter'
import { type NestRequest, requestOfSocket, type Socket, type SocketCall, toHttpRequest } from './calls.ts'
import { withHandshake, withHeaders } from './handshake.ts'
import type { TollgateSettings } from './options.ts'

/** The leases of the clients of gateways: `@Inject(LEASES) leases: Leases`. */
export interface Leases<Claims = RawClaims> {
  /**
   * The lease of a client of Socket.IO or `ws`. It authenticates the connection, once. The messages use its token, and
   * the connection closes when it ends. `renew` goes on with a fresh token.
   *
   * Use it in `handleConnection`, in a middleware of Socket.IO, and in a handler. For a client of `ws`,
   * `handleConnection` must be a method of the gateway.
   *
   * @throws Refusal, or Unavailable. It does NOT close the connection then.
   */
  of(client: object): Promise<Lease<Claims>>
}

/** Authenticates each connection once. The calls over it use the token of its lease, as long as that lasts. */
export interface Connections<Claims> extends Leases<Claims> {
  /** The token of a call, if its guards accept it. `undefined` for an optional call of a connection without credentials. */
  readonly authenticate: (
    call: SocketCall,
    guard: Guard,
    credentials: 'required' | 'optional',
  ) => Promise<AccessToken<Claims> | undefined>
  /** Authenticates a client that has connected. It never throws: the messages report the error. */
  readonly begin: (client: object) => void
}

interface Opened<Claims> {
  readonly lease: Lease<Claims>
  readonly http: HttpRequest
}

export function createConnections<Claims>({
  validator,
  handshakeAuth,
}: Pick<TollgateSettings<Claims>, 'validator' | 'handshakeAuth'>): Connections<Claims> {
  const connections = new WeakMap<object, Promise<Opened<Claims> | undefined>>()

  function httpOf({ request, socket }: SocketCall): HttpRequest {
    const upgrade = upgradeOf(request, socket)
    noteOpener(upgrade)
    return handshakeAuth === 'accepted' ? withHandshake(upgrade, socket.handshake) : upgrade
  }

  async function open(call: SocketCall): Promise<Opened<Claims> | undefined> {
    const http = httpOf(call)
    // The handlers have guards of their own.
    const token = await validator.authenticateOptional(http, deferOrganization)
    if (token === undefined) {
      return undefined
    }
    const { closable } = call.socket
    const opened = lease(token)
    return { lease: closable === undefined ? opened : opened.bind(closable), http }
  }

  async function openOnce(call: SocketCall): Promise<Opened<Claims> | undefined> {
    const { connection } = call.socket
    // Several calls at the same time have one DPoP proof.
    const opening = connections.get(connection) ?? open(call)
    connections.set(connection, opening)
    try {
      const opened = await opening
      if (opened === undefined) {
        // mercurius adds credentials later.
        connections.delete(connection)
      }
      return opened
    } catch (error) {
      connections.delete(connection)
      throw error
    }
  }

  async function authenticate(
    call: SocketCall,
    guard: Guard,
    credentials: 'required' | 'optional',
  ): Promise<AccessToken<Claims> | undefined> {
    const opened = await openOnce(call)
    if (opened === undefined) {
      return credentials === 'optional' ? undefined : validator.authorize(undefined, httpOf(call), guard)
    }
    const { token, signal } = opened.lease
    // The connection can be open for some time after its lease has ended.
    if (signal.aborted) {
      await expectNormalEnd(signal.reason, () => validator.authorize(token, opened.http, guard))
      throw new Refusal({ code: 'invalid_token', reason: 'inactive' })
    }
    try {
      return await validator.authorize(token, opened.http, guard)
    } catch (error) {
      if (isRefusal(error) && error.reason === 'inactive') {
        opened.lease.end()
      }
      throw error
    }
  }

  async function begin(client: object): Promise<void> {
    try {
      await openOnce(requestOfSocket(client))
    } catch {
      // A message authenticates again, for the same error.
    }
  }

  return {
    authenticate,
    begin: (client) => void begin(client),
    of: async (client) => {
      const call = requestOfSocket(client)
      const opened = await openOnce(call)
      // Without credentials, this is the refusal.
      return opened?.lease ?? lease(await validator.authenticate(httpOf(call)))
    },
  }
}

function upgradeOf(request: NestRequest, { headers }: Socket): HttpRequest {
  return headers === undefined ? toHttpRequest(request) : withHeaders(toHttpRequest(request), headers)
}

/** The lease has ended for another reason, or the validator is closed: both are no refusal of an inactive token. */
async function expectNormalEnd(reason: unknown, authorize: () => Promise<unknown>): Promise<void> {
  const isNormal = reason instanceof DOMException && reason.name === 'AbortError'
  if (!isNormal) {
    throw reason
  }
  await authorize()
}
