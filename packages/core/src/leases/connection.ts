import { describe } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import { isErrorResponse, writeErrorResponse } from '../responses/error-response.ts'
import { isRefusal } from '../responses/refusal.ts'
import { call, cutOffLater, type Emitter, listen } from './peer.ts'
import { closeSocketIo, type SocketIoConnection } from './socket-io-connection.ts'

/** A connection that a lease can close. */
export type Connection = StreamConnection | WebSocketConnection | SocketIoConnection

/** A response or another stream of Node. Before its headers are sent, a response becomes the refusal. */
export interface StreamConnection extends Emitter {
  end(): unknown
  destroy(): unknown
  readonly destroyed?: boolean
  readonly headersSent?: boolean
}

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
  listenToEnd(closed)
  const end = (): void => close(signal.reason)
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

/** An error event without a listener ends the process, and a malformed frame of a client is one. The WebSocket closes by itself. */
export function ignoreErrors(socket: WebSocketConnection): void {
  listen(socket, 'error', () => undefined)
}

/** Only an error of the token closes the socket with 1008 or 1013. 1000 is a normal end, 1011 a failure (RFC 6455 §7.4). */
function closeFrameOf(error: unknown): readonly [code: number, reason: string] {
  if (isErrorResponse(error)) {
    return isRefusal(error) ? [1008, error.message] : [1013, 'Try again later']
  }
  return [isAbort(error) ? 1000 : 1011, '']
}

/** Of `lease.end()` and of `validator.close()`. */
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
  if (has<SocketIoConnection>(connection, 'disconnect')) {
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
  if (has<StreamConnection>(connection, 'end', 'destroy')) {
    return {
      close: (error) => endStream(connection, error),
      listenToEnd,
      isClosed: connection.destroyed === true,
    }
  }
  if (has<WebSocketConnection>(connection, 'close')) {
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

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows which kind has these methods
function has<Kind extends Connection>(connection: unknown, ...methods: readonly string[]): connection is Kind {
  return isRecord(connection) && methods.every((name) => typeof connection[name] === 'function')
}

function endStream(stream: StreamConnection, error: unknown): void {
  // A handler that goes on writing must not end the process.
  listen(stream, 'error', () => undefined)
  if (stream.headersSent === false && isErrorResponse(error)) {
    const response = stream as StreamConnection & Writable
    writeErrorResponse(error, {
      set: (name, value) => response.setHeader(name, value),
      append: (name, value) => response.appendHeader(name, value),
      end: (status, body) => Object.assign(response, { statusCode: status }).end(body),
    })
  } else if (stream.headersSent === false) {
    // An empty response would be a success.
    stream.destroy()
  } else {
    stream.end()
  }
  cutOffLater(stream, () => stream.destroy())
}

interface Writable {
  setHeader(name: string, value: string): unknown
  appendHeader(name: string, value: string): unknown
  end(body: string): unknown
}
