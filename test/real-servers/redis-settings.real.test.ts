/** Settings of a client that change its replies, its keys, or the time of its commands. */
import { glide, ioredis, nodeRedis, type RedisClient, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { Decoder, GlideClient } from '@valkey/valkey-glide'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis } from './redis.ts'
import { secrets } from './redis-fleet.ts'

const host = '127.0.0.1'

async function nodeRedisWith(options: object): Promise<RedisClient> {
  const client = createClient(options)
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return nodeRedis(client)
}

function ioredisWith(port: number, options: object): RedisClient {
  const client = new Redis({ host, port, ...options })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return ioredis(client)
}

const settings: Readonly<Record<string, (port: number) => Promise<RedisClient>>> = {
  'node-redis with RESP2': (port) => nodeRedisWith({ socket: { host, port }, RESP: 2 }),
  'node-redis with bytes': (port) =>
    nodeRedisWith({ socket: { host, port }, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } }),
  'node-redis with maps': (port) =>
    nodeRedisWith({ socket: { host, port }, commandOptions: { typeMapping: { [RESP_TYPES.MAP]: Map } } }),
  'node-redis with a short timeout of its socket': (port) =>
    nodeRedisWith({ socket: { host, port, socketTimeout: 500 }, pingInterval: 100 }),
  'ioredis with a prefix': async (port) => ioredisWith(port, { keyPrefix: 'app:' }),
  'ioredis with texts for numbers': async (port) => ioredisWith(port, { stringNumbers: true }),
  'ioredis with a short timeout of its commands': async (port) => ioredisWith(port, { commandTimeout: 500 }),
  'ioredis without a queue': async (port) => {
    const client = ioredisWith(port, { enableOfflineQueue: false, lazyConnect: false })
    await expect.poll(async () => client.sendCommand(['PING']).catch(() => undefined)).toBe('PONG')
    return client
  },
  'GLIDE with bytes': async (port) => {
    const create = () =>
      GlideClient.createClient({ addresses: [{ host, port }], defaultDecoder: Decoder.Bytes, requestTimeout: 300 })
    const client = await create()
    onTestFinished(() => client.close())
    return glide(client, create)
  },
}

test.each(Object.entries(settings))('%s', async (_name, open) => {
  const { port } = await startRedis(onTestFinished)
  const client = await open(port)
  const cache = redisTokenCache(client, { secrets })
  const lease = (await cache.acquireLease('key', 60_000)) ?? ''
  expect(await cache.set('key', 'value', 60_000, 'another lease')).toBe(false)
  expect(await cache.set('key', 'value', 60_000, lease)).toBe(true)
  expect(await cache.get('key')).toBe('value')
  const log = redisRevocations(client, { secrets })
  const never = new AbortController().signal
  await log.publish('first')
  const { records, position } = await log.read(undefined, 1000, never)
  expect(records).toEqual(['first'])
  // The connection is silent for longer than the timeouts above.
  expect(await log.read(position, 1500, never)).toEqual({ records: [], position })
  await log.publish('second')
  expect((await log.read(position, 1000, never)).records).toEqual(['second'])
})
