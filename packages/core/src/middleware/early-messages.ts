// Fake timers of a test replace the global functions.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { closeWebSocket, ignoreErrors, type WebSocketConnection } from '../leases/connection.ts'
import { isRecord, memberOf } from '../lib/record.ts'
import { carriersOf } from '../request/carriers.ts'
import { maxTokenLength } from '../request/header-tokens.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { type Message, sizeOf, textOf } from './web-socket-message.ts'

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

/** The connection under a WebSocket. `undefined` for one that a test injects. */
export type Connection = RawConnection | undefined

interface RawConnection {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  pause(): unknown
  resume(): unknown
}

/** The messages of a WebSocket that is not accepted yet. */
export interface EarlyMessages {
  /**
   * Resolves with the first message, which is the token. `undefined` when none comes in time.
   *
   * @throws Refusal 400 for a binary message.
   */
  readonly first: () => Promise<string | undefined>
  /** Closes the WebSocket. Its messages are dropped. */
  readonly refuse: (error: unknown) => void
  /** Delivers the messages to the listeners of the application, when no other layer still buffers them. */
  readonly replay: () => void
}

/** Milliseconds for the first message. */
const timeLimit = 5000
/** The bytes that a client can send without a token. A single message could have 100 MiB. */
const maxBytes: number = 2 * maxTokenLength
/** The bytes of messages that wait for the authentication. Compressed, a few kilobytes can become many megabytes. */
const maxBuffered: number = 1024 * 1024

/** The buffer that several layers in front of one handler share. */
interface Buffered {
  readonly messages: Message[]
  readonly buffer: (...message: Message) => void
  received: () => void
  /** The bytes of all its messages. */
  size: number
  layers: number
}

const buffered = new WeakMap<object, Buffered>()

/** Buffers the messages of a WebSocket, and pauses it. A chunk that has arrived can have further messages. */
export function bufferMessages(socket: WebSocket, connection: Connection): EarlyMessages {
  const shared = buffered.get(socket) ?? startBuffering(socket)
  shared.layers += 1
  const flow = socket.pause === undefined ? connection : (socket as Required<WebSocket>)
  flow?.pause()

  return {
    first: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopWatching = watchBytes(socket, connection)
      const timer = setTimeout(resolve, timeLimit).unref()
      shared.received = resolve
      socket.on('close', resolve)
      if (shared.messages.length > 0) {
        resolve()
      }
      flow?.resume()
      await promise
      flow?.pause()
      socket.off('close', resolve)
      clearTimeout(timer)
      stopWatching()
      return textOf(shared.messages.shift())
    },
    refuse: (error) => {
      shared.messages.length = 0
      stopBuffering(socket)
      closeWebSocket(socket, error)
      // The frame with which the peer closes must arrive.
      watchBytes(socket, connection)
      flow?.resume()
    },
    replay: () => {
      shared.layers -= 1
      if (shared.layers === 0) {
        stopBuffering(socket)
        shared.messages.splice(0).forEach((message) => socket.emit('message', ...message))
        flow?.resume()
      }
    },
  }
}

function startBuffering(socket: WebSocket): Buffered {
  const shared: Buffered = {
    messages: [],
    buffer: (...message) => {
      shared.messages.push(message)
      shared.size += sizeOf(message)
      shared.received()
      if (shared.size > maxBuffered) {
        shared.messages.length = 0
        socket.terminate()
      }
    },
    received: () => undefined,
    size: 0,
    layers: 0,
  }
  ignoreErrors(socket)
  socket.on('message', shared.buffer)
  buffered.set(socket, shared)
  return shared
}

function stopBuffering(socket: WebSocket): void {
  const shared = buffered.get(socket)
  if (shared !== undefined) {
    socket.off('message', shared.buffer)
    buffered.delete(socket)
  }
}

/** Cuts off a client that sends too much without a token. */
function watchBytes(socket: WebSocket, connection: Connection): () => void {
  let bytes = 0
  function count({ length }: Uint8Array): void {
    bytes += length
    if (bytes > maxBytes) {
      socket.terminate()
    }
  }
  connection?.on('data', count)
  return () => connection?.off('data', count)
}

/** Does work for a WebSocket that a library has opened already, if there is one. Its error closes the WebSocket. */
export async function withWebSocket<Request, Result>(
  webSocketOf: (request: Request) => unknown,
  [request, toHttpRequest]: readonly [Request, (request: Request) => HttpRequest],
  work: () => Promise<Result>,
): Promise<Result> {
  const socket = webSocketOf(request)
  if (!isWebSocket(socket)) {
    return work()
  }
  const messages = bufferMessages(socket, connectionOf(toHttpRequest(request)))
  try {
    const result = await work()
    // The handlers behind listen in this turn of the event loop.
    setImmediate(messages.replay)
    return result
  } catch (error) {
    messages.refuse(error)
    throw error
  }
}

/** The connection of the request that opened the WebSocket. */
export function connectionOf(request: HttpRequest): Connection {
  return memberOf(carriersOf(request)[0], 'socket') as Connection
}

/** An application can have another member with the name that the library uses. */
function isWebSocket(value: unknown): value is WebSocket {
  const methods = ['on', 'off', 'emit', 'close', 'terminate']
  return isRecord(value) && methods.every((name) => typeof value[name] === 'function')
}
