import { invalidOption, isRecord } from '@tollgate/core/adapter'
import { expectClientOf, type OwnConnection, type RedisClient } from './client.ts'

/** What this package needs of a client of `@valkey/valkey-glide`. */
export interface ValkeyGlideClient {
  customCommand(args: string[], options?: { decoder?: 0 }): Promise<unknown>
  close(): void
}

/** `Decoder.Bytes` of Valkey GLIDE. With strings, one foreign entry that is not UTF-8 makes the whole command fail. */
const asBytes = { decoder: 0 } as const

/**
 * The connection of a client of Valkey GLIDE: of `GlideClient` or `GlideClusterClient`. `create` returns another client
 * with the same configuration: `() => GlideClient.createClient(configuration)`. `redisRevocations` needs it. The caller
 * closes the first client, and this package closes the others. Throws a `TypeError` for a client of another library.
 */
export function glide(client: ValkeyGlideClient, create?: () => Promise<ValkeyGlideClient>): RedisClient {
  expectClientOf(client, 'glide(client, …)')
  if (create === undefined) {
    return { sendCommand: sendTo(client) }
  }
  if (typeof create !== 'function') {
    throw invalidOption('Expected the second argument of glide to be () => GlideClient.createClient(configuration)')
  }
  return { sendCommand: sendTo(client), duplicate: async () => connectionTo(await create()) }
}

function sendTo(client: ValkeyGlideClient): RedisClient['sendCommand'] {
  return async (args) => decode(await client.customCommand([...args], asBytes))
}

function decode(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) {
    return reply.toString()
  }
  if (Array.isArray(reply)) {
    return reply.map(decode)
  }
  return isRecord(reply) ? Object.fromEntries(Object.entries(reply).map(([name, part]) => [name, decode(part)])) : reply
}

function connectionTo(client: ValkeyGlideClient): OwnConnection {
  return { sendCommand: sendTo(client), close: async () => client.close() }
}
