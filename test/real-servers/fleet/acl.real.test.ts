/** Every command works under the ACL of docs/fleet.md. */
import { readFileSync } from 'node:fs'
import {
  glide,
  ioredis,
  nodeRedis,
  type RedisClient,
  redisReplayStore,
  redisRevocations,
  redisTokenCache,
} from '@tollgate/redis'
import { GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { type RedisServer, startCluster, startRedis } from '../redis.ts'

const page = readFileSync(new URL('../../../docs/fleet.md', import.meta.url), 'utf8')
const [basic = '', more = ''] = page.match(/^ACL SETUSER .*$/gm) ?? []

const host = '127.0.0.1'
const account = { username: 'tollgate', password: 'PASSWORD' }
const ignore = (): void => undefined

async function restrict(servers: readonly RedisServer[], lines: readonly string[]): Promise<void> {
  for (const { command } of servers) {
    for (const line of lines) {
      expect(await command(...line.split(' '))).toContain('+OK')
    }
  }
}

/** Sends every command of the package, scripts included. */
async function useAll(client: RedisClient): Promise<void> {
  const secrets = 'a secret of the tests, which is long enough'
  const cache = redisTokenCache(client, { secrets })
  const lease = await cache.acquireLease('key', 10_000)
  expect(await cache.renewLease('key', lease ?? '', 10_000)).toBe(true)
  expect(await cache.set('key', 'value', 10_000, lease)).toBe(true)
  expect(await cache.set('key', 'later', 10_000)).toBe(true)
  expect(await cache.get('key')).toBe('later')
  await cache.releaseLease('key', (await cache.acquireLease('key', 10_000)) ?? '')
  await cache.delete('key')
  expect(await cache.get('key')).toBeUndefined()
  const log = redisRevocations(client, { secrets })
  await log.publish('record')
  const { signal } = new AbortController()
  const { records, position } = await log.read(undefined, 0, signal)
  expect(records).toEqual(['record'])
  expect(await log.read(position, 10, signal)).toEqual({ records: [], position })
  const replays = redisReplayStore(client)
  expect(await replays.remember('thumbprint.hash', 10_000)).toBe(true)
  expect(await replays.remember('thumbprint.hash', 10_000)).toBe(false)
}

test('node-redis needs the first line', async () => {
  const server = await startRedis(onTestFinished)
  await restrict([server], [basic])
  const client = createClient({ ...account, socket: { host, port: server.port } })
  client.on('error', ignore)
  onTestFinished(() => client.destroy())
  await useAll(nodeRedis(await client.connect()))
  expect(await server.command('ACL', 'LOG')).toContain('*0')
})

test('ioredis, GLIDE and a cluster need both lines', async () => {
  const nodes = await startCluster(onTestFinished)
  const server = await startRedis(onTestFinished)
  await restrict([...nodes, server], [basic, more])
  const addresses = nodes.map(({ port }) => ({ host, port }))
  const single = new Redis({ ...account, host, port: server.port })
  onTestFinished(() => single.disconnect())
  await useAll(ioredis(single))
  const cluster = new Cluster(addresses, { redisOptions: account })
  onTestFinished(() => cluster.disconnect())
  await useAll(ioredis(cluster))
  const other = createCluster({ rootNodes: addresses.map((socket) => ({ socket })), defaults: account })
  other.on('error', ignore)
  onTestFinished(() => other.destroy())
  await other.connect()
  await clear()
  await useAll(nodeRedis(other))
  const create = () => GlideClusterClient.createClient({ addresses, credentials: account })
  const last = await create()
  onTestFinished(() => last.close())
  await clear()
  await useAll(glide(last, create))
  for (const { command } of [...nodes, server]) {
    expect(await command('ACL', 'LOG')).toContain('*0')
  }

  /** Each client begins with an empty log. */
  async function clear(): Promise<void> {
    await Promise.all(nodes.map(({ command }) => command('FLUSHALL')))
  }
})
