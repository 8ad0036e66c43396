import { describe, invalidOption } from '@tollgate/core/adapter'

/**
 * A connection to Redis or Valkey: the port of this package. `nodeRedis`, `ioredis`, `iovalkey` and `glide` create it
 * from your client. Implement it by hand for another client.
 */
export interface RedisClient {
  /** Sends one command, whose name is the first argument. Rejects when the server responds with an error. */
  sendCommand(args: readonly string[]): Promise<unknown>
  /**
   * Returns a connection of its own for commands that wait. `redisRevocations` needs it. `close` drops the commands
   * that wait, and nothing of the connection stays.
   */
  duplicate?(): Promise<OwnConnection>
}

export interface OwnConnection extends RedisClient {
  close(): Promise<void>
}

/** The key of a command, by which a cluster finds the node. It knows the commands of this package only. */
export function keyOf(args: readonly string[]): string | undefined {
  const [name = ''] = args
  if (name.startsWith('EVAL')) {
    return args[3]
  }
  return name === 'XREAD' ? args[args.indexOf('STREAMS') + 1] : args[1]
}

const adapters: readonly { readonly adapter: string; readonly isClient: (client: object) => boolean }[] = [
  { adapter: 'glide(client, () => GlideClient.createClient(…))', isClient: (client) => has(client, 'customCommand') },
  { adapter: 'ioredis(client)', isClient: (client) => has(client, 'call') },
  { adapter: 'nodeRedis(client)', isClient: (client) => has(client, 'connect') && has(client, 'sendCommand') },
]

/** Checks the first argument of an adapter: a client of its own library. Does not check that it is connected. */
export function expectClientOf(client: unknown, adapter: string): void {
  const found = adapterOf(client)
  const expected = adapter === 'iovalkey(client)' ? 'ioredis(client)' : adapter
  if (found?.split('(')[0] !== expected.split('(')[0]) {
    throw invalidOption(
      `Expected the client of ${adapter}, got ${found === undefined ? describe(client) : `one for ${found}`}`,
    )
  }
}

/** Checks the argument `client` of a function of this package. */
export function expectRedisClient(client: unknown, what: string): void {
  const adapter = adapterOf(client)
  if (adapter !== undefined) {
    throw invalidOption(`Expected the client of ${what} to be wrapped: ${what}(${adapter}, …)`)
  }
  if (typeof client !== 'object' || client === null || !has(client, 'sendCommand')) {
    throw invalidOption(`Expected the client of ${what} to be nodeRedis(client), got ${describe(client)}`)
  }
}

function adapterOf(client: unknown): string | undefined {
  const isObject = typeof client === 'object' && client !== null
  return isObject ? adapters.find(({ isClient }) => isClient(client))?.adapter : undefined
}

export function has(client: object, method: string): boolean {
  return typeof Reflect.get(client, method) === 'function'
}
