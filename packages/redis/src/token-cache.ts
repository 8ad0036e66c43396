import { randomBytes } from 'node:crypto'
import type { Secrets, TokenCache } from '@tollgate/core'
import { expectOptions } from '@tollgate/core/adapter'
import { expectRedisClient, type RedisClient } from './client.ts'
import { failure, guard } from './guarded-client.ts'
import { expectPrefix, wholeMilliseconds } from './redis-argument.ts'
import { createScript } from './script.ts'
import { createSeal } from './seal.ts'

/** The options of `redisTokenCache`. */
export interface RedisTokenCacheOptions {
  /**
   * Secrets of at least 32 bytes, the same in every process. The first one seals, and all of them open: at most 8. To
   * rotate, append the new secret in all processes, move it to the front in all processes, and then remove the old one.
   */
  readonly secrets: Secrets
  /** The keys in Redis begin with it. Default: `'tollgate'`. */
  readonly prefix?: string | undefined
}

const known: readonly string[] = ['secrets', 'prefix'] satisfies (keyof RedisTokenCacheOptions)[]

/** Bytes: the core writes at most 128 Ki characters, and a character has at most 3 bytes. */
const maxBytes = 3 * 128 * 1024

/** Writes the value under a lease, and ends the lease. */
const setUnderLease = createScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`)

/** Renews a lease, unless it has ended. */
const renewLease = createScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)

/** Ends a lease, unless it is another one. */
const endLease = createScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

/**
 * Creates the option `cache` of a validator: processes share introspection results through Redis or Valkey, and make
 * one introspection per token. Create `client` with `nodeRedis`, `ioredis`, `iovalkey` or `glide`.
 *
 * Values are sealed (JWE, `dir` with A256GCM). Each one opens under its own key, for its own time, and with these
 * secrets only. Any other value is a miss. An application that can write to Redis can delete entries, put an entry
 * back before its time is over, and delay the first request with a token by the time of a lease.
 *
 * A command that takes longer than 200 ms fails. After five failures in a row, no request waits for Redis, and a probe
 * looks for it twice a second. A failure costs a call to the issuer, and no request is refused because of it. Throws a `TypeError` for a bad option.
 */
export function redisTokenCache(client: RedisClient, options: RedisTokenCacheOptions): Required<TokenCache> {
  expectRedisClient(client, 'redisTokenCache')
  const { secrets, prefix = 'tollgate' } = expectOptions(options, 'the options of redisTokenCache', known)
  expectPrefix(prefix)
  const seal = createSeal(secrets, 'token-cache', maxBytes)
  const { send, hasFailed } = guard(client)
  // The braces put the value and the lease of a key into one slot of a cluster.
  const valueKey = (key: string): string => `${prefix}:{${key}}`
  const leaseKey = (key: string): string => `${prefix}:{${key}}:lease`

  return {
    get: async (key) => {
      // The last byte says that a value is too long. A foreign value could be of any length.
      const sealed = await send(['GETRANGE', valueKey(key), '0', String(seal.maxLength)])
      return sealed === '' ? undefined : seal.open(sealed, valueKey(key))
    },
    set: async (key, value, expiresIn, lease) => {
      const sealed = await seal.close(value, valueKey(key), expiresIn)
      const time = wholeMilliseconds(expiresIn)
      if (lease === undefined) {
        await send(['SET', valueKey(key), sealed, 'PX', time])
        return true
      }
      const written = await setUnderLease.run({ send }, [valueKey(key), leaseKey(key)], [lease, sealed, time])
      return Number(written) === 1
    },
    delete: async (key) => void (await send(['DEL', valueKey(key), leaseKey(key)])),
    acquireLease: async (key, expiresIn) => {
      // The request has just waited for a `get` that failed.
      if (hasFailed()) {
        throw failure('backing-off', 'The last command failed, so that no lease is requested')
      }
      const lease = randomBytes(16).toString('base64url')
      const reply = await send(['SET', leaseKey(key), lease, 'NX', 'PX', wholeMilliseconds(expiresIn)])
      return reply === 'OK' ? lease : undefined
    },
    renewLease: async (key, lease, expiresIn) => {
      const renewed = await renewLease.run({ send }, [leaseKey(key)], [lease, wholeMilliseconds(expiresIn)])
      return Number(renewed) === 1
    },
    releaseLease: async (key, lease) => void (await endLease.run({ send }, [leaseKey(key)], [lease])),
  }
}
