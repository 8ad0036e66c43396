// Fake timers of a test replace the global functions.
import { clearTimeout, setTimeout } from 'node:timers'
import { memberOf } from '../lib/record.ts'

export interface Emitter {
  on(event: string, listener: () => void): unknown
}

/** Milliseconds in which a peer can close the connection by itself. */
export const grace = 500

/** Cuts off a connection that has not closed after some time. */
export function cutOffLater(connection: object, cutOff: () => void): void {
  const timer = setTimeout(cutOff, grace).unref()
  listen(connection, 'close', () => clearTimeout(timer))
}

/** Does nothing for an object without events, such as a WebSocket of Hono. */
export function listen(connection: object, event: string, listener: () => void): void {
  const emitter = connection as Partial<Emitter>
  if (typeof emitter.on === 'function') {
    emitter.on(event, listener)
  }
}

export function call(connection: unknown, name: 'removeAllListeners' | 'terminate', argument?: string): void {
  const method = memberOf(connection, name)
  if (typeof method === 'function') {
    method.call(connection, argument)
  }
}
