// Fake timers of a test replace the global functions.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { closeWebSocket, type WebSocketConnection } from '../leases/connection.ts'
import { isRecord } from '../lib/record.ts'
import { maxTokenLength } from '../request/header-tokens.ts'
import { invalidRequest } from '../responses/refusal.ts'

/** A WebSocket of `ws`, or of a library above it. */
export interface WebSocket extends WebSocketConnection {
  on(event: string, listener: (...parts: never[]) => void): unknown
  off(event: string, listener: (...parts: never[]) => void): unknown
  emit(event: string, ...parts: readonly unknown[]): unknown
  terminate(): void
  /** Absent in version 7 of `ws`. */
  pause?(): void
  resume?(): void
}

/** The connection under a WebSocket. */
interface Connection {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
}

type Message = readonly [data: unknown, isBinary: boolean]

/** The messages of a WebSocket that is not accepted yet. */
export interface EarlyMessages {
  /**
   * Resolves with the first message, which is the token. `undefined` when none comes in time.
   *
   * @throws Refusal 400 for a binary message.
   */
  readonly first: (connection: Connection) => Promise<string | undefined>
  /** From now on, messages are not buffered. */
  readonly stop: () => void
  /** Delivers the buffered messages to the listeners of the application, and buffers no more. */
  readonly replay: () => void
}

/** Milliseconds for the first message. */
const timeLimit = 5000
/** The bytes that a client can send without a token. A single message could have 100 MiB. */
const maxBytes: number = 2 * maxTokenLength

/** Buffers messages, and pauses the WebSocket. Those that come in one chunk of bytes come all the same. */
export function bufferMessages(socket: WebSocket): EarlyMessages {
  const messages: Message[] = []
  let received: () => void = () => undefined
  const buffer = (...message: Message): void => {
    messages.push(message)
    received()
  }
  socket.on('message', buffer)
  socket.pause?.()

  return {
    first: async (connection) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopWatching = watchBytes(connection, () => socket.terminate())
      const timer = setTimeout(resolve, timeLimit).unref()
      received = resolve
      socket.on('close', resolve)
      socket.resume?.()
      await promise
      socket.pause?.()
      socket.off('close', resolve)
      clearTimeout(timer)
      stopWatching()
      return textOf(messages.shift())
    },
    stop: () => void socket.off('message', buffer),
    replay: () => {
      socket.off('message', buffer)
      messages.forEach((message) => socket.emit('message', ...message))
      socket.resume?.()
    },
  }
}

function watchBytes(connection: Connection, exceeded: () => void): () => void {
  let bytes = 0
  function count({ length }: Uint8Array): void {
    bytes += length
    if (bytes > maxBytes) {
      exceeded()
    }
  }
  connection.on('data', count)
  return () => connection.off('data', count)
}

function textOf(message: Message | undefined): string | undefined {
  if (message?.[1] === true) {
    throw invalidRequest('malformed-credentials')
  }
  return message === undefined ? undefined : String(message[0])
}

/** Does work for a WebSocket that a library has opened already, if there is one. Its error closes the WebSocket. */
export async function withWebSocket<Result>(socket: unknown, work: () => Promise<Result>): Promise<Result> {
  if (!isWebSocket(socket)) {
    return work()
  }
  const messages = bufferMessages(socket)
  try {
    const result = await work()
    // The handlers behind listen in this turn of the event loop.
    setImmediate(messages.replay)
    return result
  } catch (error) {
    messages.stop()
    closeWebSocket(socket, error)
    throw error
  }
}

/** An application can have another member with the name that the library uses. */
function isWebSocket(value: unknown): value is WebSocket {
  const methods = ['on', 'off', 'emit', 'close', 'terminate']
  return isRecord(value) && methods.every((name) => typeof value[name] === 'function')
}
