import { expectClientOf, has, type OwnConnection, type RedisClient } from './client.ts'

/** What this package needs of a client of `ioredis` or `iovalkey`. */
export interface IoredisClient {
  call(command: string, args: string[]): Promise<unknown>
  duplicate(...args: never[]): unknown
}

interface Client {
  readonly options?: { readonly redisOptions?: object }
  call(command: string, args: readonly string[]): Promise<unknown>
  duplicate(...args: unknown[]): Client
  on(event: 'error', listener: () => void): unknown
  disconnect(): void
}

/**
 * The connection of a client of `ioredis`: of `new Redis(…)`, also with sentinels, or of `new Cluster(…)`. The caller
 * listens for its `error` events, and closes it. Throws a `TypeError` for a client of another library.
 */
export function ioredis(client: IoredisClient): RedisClient {
  return connectionOf(client, 'ioredis(client)')
}

/** The same for `iovalkey`. */
export function iovalkey(client: IoredisClient): RedisClient {
  return connectionOf(client, 'iovalkey(client)')
}

function connectionOf(client: IoredisClient, adapter: string): RedisClient {
  expectClientOf(client, adapter)
  const own = client as unknown as Client
  return { sendCommand: sendTo(own), duplicate: async () => connectionTo(own) }
}

function sendTo(client: Client): RedisClient['sendCommand'] {
  return async ([command = '', ...args]) => client.call(command, args)
}

/** The client limits the time of every command by these. A command that waits for a record takes longer. */
const forWaiting = { commandTimeout: undefined, socketTimeout: undefined, enableOfflineQueue: true } as const

/** A copy connects by itself. Its first command waits for that. */
function connectionTo(client: Client): OwnConnection {
  const isCluster = has(client, 'nodes')
  const redisOptions = { ...client.options?.redisOptions, ...forWaiting }
  const copy = isCluster
    ? client.duplicate([], { enableOfflineQueue: true, redisOptions })
    : client.duplicate(forWaiting)
  copy.on('error', () => undefined)
  return { sendCommand: sendTo(copy), close: async () => copy.disconnect() }
}
