import crypto from 'node:crypto'
import diagnosticsChannel from 'node:diagnostics_channel'
import zlib from 'node:zlib'

/**
 * Functions that an old Node lacks. An import by name would fail before any module runs, so that `expect-node.cjs` could
 * not say which version of Node is needed.
 */
export const hash: typeof crypto.hash = crypto.hash
export const tracingChannel: typeof diagnosticsChannel.tracingChannel = diagnosticsChannel.tracingChannel
export const subscribe: typeof diagnosticsChannel.subscribe = diagnosticsChannel.subscribe
export const unsubscribe: typeof diagnosticsChannel.unsubscribe = diagnosticsChannel.unsubscribe
export const zstdDecompressSync: typeof zlib.zstdDecompressSync = zlib.zstdDecompressSync
