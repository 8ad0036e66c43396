import type { Dispatcher } from 'undici'
import type { FetchTrace } from '../diagnostics/messages.ts'
import { own } from '../lib/record.ts'
import type { ConnectionKind } from './dispatchers.ts'
import type { Network } from './network.ts'
import { importUndici } from './undici.ts'

/** A request to an authorization server. */
export interface UpstreamRequest {
  readonly purpose: FetchTrace['purpose']
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** A response with a longer body is an error. */
  readonly maxBytes: number
  readonly network: Pick<Network, 'dispatcher' | 'access' | 'label'>
  /** The deadline of the whole call, the body included. */
  readonly signal: AbortSignal
}

/**
 * Sends a request, and resolves with the headers of its response. It repeats the request once, on a new connection, if
 * its connection ended before a response came. It does the same if the server timed out while it waited for the request.
 * The requests of this library are idempotent (RFC 9110 §9.2.2).
 */
export async function dispatch(request: UpstreamRequest): Promise<Dispatcher.ResponseData> {
  const { url, network, signal, method, body = null } = request
  const headers = { 'user-agent': 'tollgate', ...request.headers, 'accept-encoding': 'identity' }
  const undici = await importUndici()
  const send = async (connection: ConnectionKind): Promise<Dispatcher.ResponseData> => {
    const dispatcher = await network.dispatcher(connection)
    return undici.request(url, { dispatcher, signal, method, body, headers })
  }
  try {
    const response = await send('any')
    // A server sends 408 on an idle connection before it ends that (RFC 9110 §15.5.9).
    if (response.statusCode !== 408) {
      return response
    }
    discardBody(response)
  } catch (error) {
    if (!isEndOfConnection(error)) {
      throw error
    }
  }
  return send('new')
}

/** A body that is not read would block its connection. */
export function discardBody({ body }: Dispatcher.ResponseData): Uint8Array {
  body.on('error', () => undefined).destroy()
  return new Uint8Array()
}

/**
 * Whether the server, or a machine on the way, may have ended an idle connection while the request was sent on it.
 * A connection that was closed has brought a response before. An error for a reset does not say so.
 */
function isEndOfConnection(error: unknown): boolean {
  const bytesRead = own(own(error, 'socket'), 'bytesRead')
  const isClosed = own(error, 'code') === 'UND_ERR_SOCKET' && typeof bytesRead === 'number' && bytesRead > 0
  const isReset = own(error, 'code') === 'ECONNRESET' || own(error, 'code') === 'EPIPE'
  return isClosed || (isReset && (own(error, 'syscall') === 'read' || own(error, 'syscall') === 'write'))
}
