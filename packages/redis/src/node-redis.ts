import { expectClientOf, has, keyOf, type OwnConnection, type RedisClient } from './client.ts'

/** What this package needs of a client of `redis` (node-redis 6). */
export interface NodeRedisClient {
  connect(): Promise<unknown>
  sendCommand(...args: never[]): Promise<unknown>
}

/** A client for one server, with the members that its type has. */
interface Client {
  readonly options?: { readonly socket?: object }
  connect(): Promise<unknown>
  sendCommand(...args: unknown[]): Promise<unknown>
  duplicate(overrides?: object): Client
  on(event: 'error', listener: () => void): unknown
  destroy(): unknown
}

/**
 * The connection of a client of `redis` (node-redis): of `createClient`, `createCluster` or `createSentinel`. The
 * caller connects the client, listens for its `error` events, and closes it. In a cluster, all commands go to the
 * masters.
 *
 * Give a cluster or sentinel no `socketTimeout` below 6 s, because a connection that waits for revocations is silent
 * for so long. Throws a `TypeError` for a client of another library.
 */
export function nodeRedis(client: NodeRedisClient): RedisClient {
  expectClientOf(client, 'nodeRedis(client)')
  const own = client as unknown as Client
  const port = { sendCommand: sendTo(own) }
  return has(own, 'duplicate') ? { ...port, duplicate: async () => connectionTo(own) } : port
}

/** The client may map texts to a `Buffer`. */
const asText = { typeMapping: {} } as const

function sendTo(client: Client): RedisClient['sendCommand'] {
  if (has(client, 'getSlotMaster')) {
    return async (args) => client.sendCommand(keyOf(args), false, args, asText)
  }
  return has(client, 'getSentinelNode')
    ? async (args) => client.sendCommand(false, args, asText)
    : async (args) => client.sendCommand(args, asText)
}

/** Does not wait for the connection, because `connect` may never settle. The first command waits for it. */
function connectionTo(client: Client): OwnConnection {
  const { socket } = client.options ?? {}
  // A connection that waits for a record is silent. The client would close it for good.
  const copy = client.duplicate(socket === undefined ? {} : { socket: { ...socket, socketTimeout: undefined } })
  // Without a listener, an error of the connection would end the process. A failed command reports it.
  copy.on('error', () => undefined)
  const connecting = copy.connect()
  connecting.catch(() => undefined)
  const send = sendTo(copy)
  return {
    sendCommand: async (args) => {
      await connecting
      return send(args)
    },
    close: async () => void (await copy.destroy()),
  }
}
