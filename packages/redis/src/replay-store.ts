import { randomBytes } from 'node:crypto'
import type { ReplayStore } from '@tollgate/core'
import { expectOptions, hash } from '@tollgate/core/adapter'
import { expectRedisClient, type RedisClient } from './client.ts'
import { failure, guard } from './guarded-client.ts'
import { expectPrefix, wholeMilliseconds } from './redis-argument.ts'

/** The options of `redisReplayStore`. */
export interface RedisReplayStoreOptions {
  /** The keys in Redis begin with it. All processes need the same one. Default: `'tollgate'`. */
  readonly prefix?: string | undefined
}

const known: readonly string[] = ['prefix'] satisfies (keyof RedisReplayStoreOptions)[]

/**
 * Creates the option `replay` of `dpop`: a DPoP proof counts once in all processes that share this Redis or Valkey.
 * Create `client` with `nodeRedis`, `ioredis`, `iovalkey` or `glide`. A request costs one command with one key:
 * `SET … NX GET PX`. A key of Redis contains a hash, and its value is random.
 *
 * It fails closed. A command that takes longer than 200 ms fails, and so does every command while the server is gone.
 * Then the request gets 503. A client library may repeat a command after it has connected again. The first use of a
 * proof stays the first.
 *
 * It does NOT protect the keys. A server that loses some accepts their proofs again, until they are too old. That
 * happens at a restart without persistence, when a replica takes over, and with a `maxmemory-policy` other than
 * `noeviction`. An application that can write to Redis can delete keys, too. Throws a `TypeError` for a bad option.
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  expectRedisClient(client, 'redisReplayStore')
  const { prefix = 'tollgate' } = expectOptions(options, 'the options of redisReplayStore', known)
  expectPrefix(prefix)
  const { send } = guard(client)

  return {
    remember: async (key, ttl) => {
      const name = `${prefix}:proof:${hash('sha256', key, 'base64url')}`
      const id = randomBytes(idBytes).toString('base64url')
      return isFirst(await send(['SET', name, id, 'NX', 'GET', 'PX', wholeMilliseconds(ttl)]), id)
    },
  }
}

const idBytes = 12

/** The reply is the former value. It is ours when the server had run the command before, and the client repeated it. */
function isFirst(former: unknown, id: string): boolean {
  if (former === null || former === id) {
    return true
  }
  if (typeof former === 'string' && /^[\w-]{16}$/.test(former)) {
    return false
  }
  // A server without `GET` replies with 'OK' here, and with null for a replay.
  throw failure('unexpected-reply', 'Expected a server that knows SET with NX and GET: Redis 7, Valkey 8, or newer')
}
