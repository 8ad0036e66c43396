import * as crypto from 'node:crypto'
import * as diagnosticsChannel from 'node:diagnostics_channel'
import * as zlib from 'node:zlib'

/**
 * Functions that an old Node lacks. An import by name would fail before any module runs, so that `expect-node.cjs` could
 * not say which version of Node is needed. A default import would be `undefined` in Jest, if ts-jest compiles it without
 * `esModuleInterop`.
 */
export const hash: typeof crypto.hash = crypto.hash
export const subscribe: typeof diagnosticsChannel.subscribe = diagnosticsChannel.subscribe
export const unsubscribe: typeof diagnosticsChannel.unsubscribe = diagnosticsChannel.unsubscribe
export const zstdDecompressSync: typeof zlib.zstdDecompressSync = zlib.zstdDecompressSync

/** A tracing channel with `hasSubscribers`, which Bun leaves out. */
export function tracingChannel<Trace extends object>(name: string): diagnosticsChannel.TracingChannel<Trace> {
  const opened: diagnosticsChannel.TracingChannel<Trace> = diagnosticsChannel.tracingChannel(name)
  if (!('hasSubscribers' in opened)) {
    const { start, end, asyncStart, asyncEnd, error } = opened as diagnosticsChannel.TracingChannel<Trace>
    const get = (): boolean => [start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers)
    Object.defineProperty(opened, 'hasSubscribers', { get })
  }
  return opened
}
