/** The replies to `SET … NX GET PX` of both servers, and a client that repeats the command after a lost connection. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { glide, ioredis, iovalkey, nodeRedis, type RedisClient, redisReplayStore } from '@tollgate/redis'
import { GlideClient, ProtocolVersion } from '@valkey/valkey-glide'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startRedis } from './redis.ts'

const host = '127.0.0.1'
const ignore = (): void => undefined

async function nodeRedisOf(port: number, RESP: 2 | 3): Promise<RedisClient> {
  const client = createClient({ socket: { host, port }, RESP })
  client.on('error', ignore)
  await client.connect()
  onTestFinished(() => client.destroy())
  return nodeRedis(client)
}

function ioredisOf(port: number, protocol: 2 | 3): RedisClient {
  const client = new Redis({ host, port, protocol })
  client.on('error', ignore)
  onTestFinished(() => client.disconnect())
  return ioredis(client)
}

function iovalkeyOf(port: number): RedisClient {
  const client = new Valkey({ host, port })
  client.on('error', ignore)
  onTestFinished(() => client.disconnect())
  return iovalkey(client)
}

async function glideOf(port: number, protocol: ProtocolVersion): Promise<RedisClient> {
  const client = await GlideClient.createClient({ addresses: [{ host, port }], protocol })
  onTestFinished(() => client.close())
  return glide(client)
}

const clients: Readonly<Record<string, (port: number) => Promise<RedisClient>>> = {
  'node-redis, RESP2': (port) => nodeRedisOf(port, 2),
  'node-redis, RESP3': (port) => nodeRedisOf(port, 3),
  'ioredis, RESP2': async (port) => ioredisOf(port, 2),
  'ioredis, RESP3': async (port) => ioredisOf(port, 3),
  'iovalkey, RESP2': async (port) => iovalkeyOf(port),
  'GLIDE, RESP2': (port) => glideOf(port, ProtocolVersion.RESP2),
  'GLIDE, RESP3': (port) => glideOf(port, ProtocolVersion.RESP3),
}

describe.each(['redis-server', 'valkey-server'] as const)('%s', (program) => {
  test.each(Object.entries(clients))('%s', async (_name, open) => {
    const server = await startRedis(onTestFinished, program)
    const client = await open(server.port)
    const set = async (value: string) => client.sendCommand(['SET', 'key', value, 'NX', 'GET', 'PX', '60000'])
    expect([await set('one'), await set('one'), await set('two')]).toEqual([null, 'one', 'one'])

    const store = redisReplayStore(client)
    const uses = await Promise.all(Array.from({ length: 50 }, async () => store.remember('key.a', 60_000)))
    expect(uses.filter((isFirst) => isFirst)).toHaveLength(1)
    expect(await store.remember('key.a', 60_000)).toBe(false)
    // A server that comes back empty accepts a proof again. The validator bounds the age of proofs.
    await server.command('FLUSHALL')
    expect(await store.remember('key.a', 60_000)).toBe(true)
  })

  // node-redis and GLIDE reject such a command, and do not repeat it.
  test.each([
    ['ioredis', async (port: number) => ioredisOf(port, 3)],
    ['iovalkey', async (port: number) => iovalkeyOf(port)],
  ])('%s repeats a command whose reply was lost, and the first use stays the first', async (_name, open) => {
    const server = await startRedis(onTestFinished, program)
    const proxy = await openLossyProxy(server.port)
    const client = await open(proxy.port)
    const store = redisReplayStore(client)
    await client.sendCommand(['PING'])
    const uses: unknown[] = []
    // A slow machine can miss the deadline of 200 ms. Then the use rejects, and the test tries another key.
    await expect
      .poll(async () => {
        proxy.loseNextReply()
        uses.push(await store.remember(`key.${uses.length}`, 60_000).catch(() => 'too late'))
        return uses.at(-1)
      })
      .toBe(true)
    expect(uses).not.toContain(false)
    expect(await server.command('INFO', 'commandstats')).toMatch(new RegExp(`cmdstat_set:calls=${2 * uses.length},`))
    expect(await store.remember(`key.${uses.length - 1}`, 60_000)).toBe(false)
  })
})

/** A port that leads to the server. It can end a connection after the server has run a command, and before its reply. */
async function openLossyProxy(target: number): Promise<{ readonly port: number; readonly loseNextReply: () => void }> {
  let isLosing = false
  const proxy = createServer((socket) => {
    const other = connect(target, host)
    socket.on('error', ignore).on('close', () => other.destroy())
    other.on('error', ignore).on('close', () => socket.destroy())
    socket.pipe(other)
    other.on('data', (reply) => {
      if (isLosing) {
        isLosing = false
        socket.destroy()
      } else {
        socket.write(reply)
      }
    })
  })
  await once(proxy.listen(0, host), 'listening')
  onTestFinished(() => void proxy.close())
  return { port: (proxy.address() as AddressInfo).port, loseNextReply: () => void (isLosing = true) }
}
