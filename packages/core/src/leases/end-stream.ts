import type { ServerResponse } from 'node:http'
import { isRecord } from '../lib/record.ts'
import { isErrorResponse, writeErrorResponse } from '../responses/error-response.ts'
import { nodeWriter } from '../responses/node-writer.ts'

/** A response or another stream of Node. Before its headers are sent, a response becomes the refusal. */
export interface StreamConnection {
  on(event: string, listener: (...parts: unknown[]) => void): unknown
  end(): unknown
  destroy(): unknown
  readonly destroyed?: boolean
  readonly headersSent?: boolean
}

/** Ends a stream. Its handler may not notice the end, and may go on. */
export function endStream(stream: StreamConnection, error: unknown): void {
  stream.on('error', () => undefined)
  if (stream.headersSent === false && isErrorResponse(error)) {
    writeErrorResponse(error, nodeWriter(stream as unknown as ServerResponse))
  } else if (stream.headersSent === false) {
    // An empty response would be a success.
    stream.destroy()
  } else {
    stream.end()
  }
  ignoreCalls(stream, error)
}

/** These methods throw when the headers are sent. */
const headerMethods = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'writeHead', 'flushHeaders'] as const

/**
 * From now on, the methods that a handler calls have no effect. A header would throw in the handler. In HTTP/2, data after
 * the end would reset the stream before the client has received all of it.
 */
function ignoreCalls(stream: StreamConnection, error: unknown): void {
  const members: unknown = stream
  const present = headerMethods.filter((name) => isRecord(members) && typeof members[name] === 'function')
  const ignored = Object.fromEntries(present.map((name) => [name, () => stream]))
  Object.assign(stream, ignored, {
    // A source that waits for `drain` stops.
    write: (...parts: readonly unknown[]): boolean => {
      const callback = parts.at(-1)
      if (typeof callback === 'function') {
        process.nextTick(callback, error)
      }
      return false
    },
  })
}
