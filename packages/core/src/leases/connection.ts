import { describe } from '../lib/invalid-option.ts'
import { isRecord, memberOf } from '../lib/record.ts'
import { isErrorResponse } from '../responses/error-response.ts'
import { isRefusal } from '../responses/refusal.ts'
import { endStream, type StreamConnection } from './end-stream.ts'
import { call, cutOffLater, listen } from './peer.ts'
import { closeSocketIo, type SocketIoConnection } from './socket-io-connection.ts'

/** A connection that a lease can close. */
export type Connection = StreamConnection | WebSocketConnection | SocketIoConnection

/** A WebSocket of `ws`, or the object of another library with this method. */
export interface WebSocketConnection {
  close(code?: number, reason?: string): unknown
  readonly readyState?: number
}

/** `readyState` of a WebSocket that closes. */
const closing = 2

/** Closes the connection when the signal aborts. `closed` is called when the connection closes. */
export function bindConnection(connection: Connection, signal: AbortSignal, closed: () => void): void {
  const { close, listenToEnd, isClosed } = partsOf(connection)
  if (isClosed) {
    closed()
    return
  }
  const end = (): void => close(signal.reason)
  listenToEnd(() => {
    // A client of Socket.IO can leave a namespace, and use the others.
    signal.removeEventListener('abort', end)
    closed()
  })
  if (signal.aborted) {
    end()
  } else {
    signal.addEventListener('abort', end, { once: true })
  }
}

/** Closes a WebSocket, and cuts off a peer that does not take part. The handler gets no later message. */
export function closeWebSocket(socket: WebSocketConnection, error: unknown): void {
  const [code, reason] = closeFrameOf(error)
  socket.close(code, reason)
  call(socket, 'removeAllListeners', 'message')
  cutOffLater(socket, () => call(socket, 'terminate'))
}

/**
 * A malformed frame of a client is an `error` event, which ends the process if nothing listens. The WebSocket closes by
 * itself.
 */
export function ignoreErrors(socket: WebSocketConnection): void {
  listen(socket, 'error', () => undefined)
}

/** 1008 for a refusal, 1013 for an outage, 1000 for a normal end, and 1011 for a failure (RFC 6455 §7.4). */
function closeFrameOf(error: unknown): readonly [code: number, reason: string] {
  if (isErrorResponse(error)) {
    return isRefusal(error) ? [1008, error.message] : [1013, 'Try again later']
  }
  return [isAbort(error) ? 1000 : 1011, '']
}

/** `lease.end()` and `validator.close()` abort without a reason of their own. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

interface ConnectionParts {
  readonly close: (error: unknown) => void
  /** Calls the listener when the connection has closed. */
  readonly listenToEnd: (closed: () => void) => void
  readonly isClosed: boolean
}

function partsOf(connection: Connection): ConnectionParts {
  if (isSocketIo(connection)) {
    const { conn } = connection
    return {
      close: () => closeSocketIo(connection),
      listenToEnd: (closed) => {
        listen(connection, 'disconnect', closed)
        // A client that leaves before its namespace accepts it causes no `disconnect`.
        listen(conn, 'close', closed)
      },
      isClosed: conn.readyState !== 'open',
    }
  }
  const listenToEnd = (closed: () => void): void => listen(connection, 'close', closed)
  if (isStream(connection)) {
    return {
      close: (error) => {
        endStream(connection, error)
        cutOffLater(connection, () => connection.destroy())
      },
      listenToEnd,
      // A response over HTTP/2 says it in its stream.
      isClosed: [connection, memberOf(connection, 'stream')].some((part) => memberOf(part, 'destroyed') === true),
    }
  }
  if (isWebSocket(connection)) {
    return {
      close: (error) => closeWebSocket(connection, error),
      listenToEnd: (closed) => {
        ignoreErrors(connection)
        listenToEnd(closed)
      },
      isClosed: Number(connection.readyState) >= closing,
    }
  }
  throw new TypeError(
    `Expected a response or a stream of Node, a WebSocket or a socket of Socket.IO, got ${describe(connection)}; for any other connection, listen to \`lease.signal\``,
  )
}

function isSocketIo(connection: unknown): connection is SocketIoConnection {
  return has(connection, 'disconnect')
}

function isStream(connection: unknown): connection is StreamConnection {
  return has(connection, 'end', 'destroy')
}

function isWebSocket(connection: unknown): connection is WebSocketConnection {
  return has(connection, 'close')
}

function has(connection: unknown, ...methods: readonly string[]): boolean {
  return isRecord(connection) && methods.every((name) => typeof connection[name] === 'function')
}
