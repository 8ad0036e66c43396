// Fake timers of a test replace the global functions.
import { clearTimeout, setTimeout } from 'node:timers'
import { describe } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import { isErrorResponse } from '../responses/error-response.ts'
import { isRefusal } from '../responses/refusal.ts'
import { endStream, type StreamConnection } from './end-stream.ts'

/** A connection that a lease can close. */
export type Connection = StreamConnection | WebSocketConnection | SocketIoConnection

/** A WebSocket of `ws`, or the object of another library with this method. */
export interface WebSocketConnection {
  close(code?: number, reason?: string): unknown
  readonly readyState?: number
}

/** A socket of Socket.IO. */
export interface SocketIoConnection extends Emitter {
  disconnect(close?: boolean): unknown
}

interface Emitter {
  on(event: string, listener: (...parts: unknown[]) => void): unknown
}

/** Milliseconds in which a peer can close the connection by itself. */
const grace = 500
/** `readyState` of a WebSocket that closes. */
const closing = 2

/** Closes the connection when the signal aborts. `closed` is called when the connection closes. */
export function bindConnection(connection: Connection, signal: AbortSignal, closed: () => void): void {
  const { close, event, isClosed } = partsOf(connection)
  if (isClosed) {
    closed()
    return
  }
  listen(connection, event, closed)
  const end = (): void => close(signal.reason)
  if (signal.aborted) {
    end()
  } else {
    signal.addEventListener('abort', end, { once: true })
  }
}

/** Closes a WebSocket, and cuts off a peer that does not take part. The handler gets no later message. */
export function closeWebSocket(socket: WebSocketConnection, error: unknown): void {
  // Only an error of the token closes the socket with 1008 or 1013. 1000 is a normal end.
  const code = isRefusal(error) ? 1008 : isErrorResponse(error) ? 1013 : 1000
  socket.close(code, isRefusal(error) ? error.message : code === 1013 ? 'Try again later' : '')
  call(socket, 'removeAllListeners', 'message')
  cutOffLater(socket, () => call(socket, 'terminate'))
}

interface ConnectionParts {
  readonly close: (error: unknown) => void
  /** The event of a connection that has closed. */
  readonly event: string
  readonly isClosed: boolean
}

function partsOf(connection: Connection): ConnectionParts {
  if (isSocketIo(connection)) {
    return { close: () => connection.disconnect(true), event: 'disconnect', isClosed: false }
  }
  if (isStream(connection)) {
    return {
      close: (error) => {
        endStream(connection, error)
        cutOffLater(connection, () => connection.destroy())
      },
      event: 'close',
      isClosed: connection.destroyed === true,
    }
  }
  if (isWebSocket(connection)) {
    return {
      close: (error) => closeWebSocket(connection, error),
      event: 'close',
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

/** Cuts off a connection that has not closed after some time. */
function cutOffLater(connection: object, cutOff: () => void): void {
  const timer = setTimeout(cutOff, grace).unref()
  listen(connection, 'close', () => clearTimeout(timer))
}

/** A WebSocket of Hono has no events of its own. */
function listen(connection: object, event: string, listener: () => void): void {
  const emitter = connection as Partial<Emitter>
  if (typeof emitter.on === 'function') {
    emitter.on(event, listener)
  }
}

function call(connection: object, name: 'removeAllListeners' | 'terminate', argument?: string): void {
  const method = (connection as Readonly<Record<string, unknown>>)[name]
  if (typeof method === 'function') {
    method.call(connection, argument)
  }
}
