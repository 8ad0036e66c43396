// Fake timers of a test replace the global functions.
import { setTimeout } from 'node:timers'
import { call, type Emitter, grace } from './peer.ts'

/** A socket of Socket.IO. */
export interface SocketIoConnection extends Emitter {
  disconnect(close?: boolean): unknown
  /** The connection under the sockets of all namespaces. */
  readonly conn: EngineConnection
}

interface EngineConnection {
  on(event: string, listener: () => void): unknown
  close(discard?: boolean): unknown
  readonly readyState: string
  readonly transport: object
}

/** Before its namespace accepts it, a socket ignores `disconnect`. */
export function closeSocketIo(connection: SocketIoConnection): void {
  connection.disconnect(true)
  connection.conn.close()
  cutOffSocketIo(connection, () => false)
}

/** Cuts off the connection of a refused client, unless it is in another namespace by then. */
export function cutOffSocketIo({ conn }: SocketIoConnection, isUsed: () => boolean): void {
  const { transport } = conn
  setTimeout(() => {
    if (!isUsed()) {
      conn.close(true)
      // Without its transport, the connection counts as closed, and the WebSocket waits for the peer.
      for (const { socket } of [transport, conn.transport] as readonly { socket?: unknown }[]) {
        call(socket, 'terminate')
      }
    }
  }, grace).unref()
}
