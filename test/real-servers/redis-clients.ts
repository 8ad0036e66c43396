/** The clients of Redis and Valkey, each with an adapter of `@tollgate/redis`. */
import { glide, ioredis, iovalkey, nodeRedis, type RedisClient } from '@tollgate/redis'
import { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as Valkey } from 'iovalkey'
import { createClient, createCluster, createSentinel } from 'redis'
import type { CleanUp } from '../harness/listen.ts'

/** Connects to the servers of these ports. The client is closed at the end. */
export type Connect = (ports: readonly number[], cleanUp: CleanUp) => Promise<RedisClient>

const host = '127.0.0.1'
const addresses = (ports: readonly number[]) => ports.map((port) => ({ host, port }))
const ignore = (): void => undefined

/** For one server. */
export const standalone: Readonly<Record<string, Connect>> = {
  'node-redis': async ([port], cleanUp) => {
    const client = createClient({ socket: { host, port: port ?? 0 } })
    client.on('error', ignore)
    cleanUp(() => client.destroy())
    return nodeRedis(await client.connect())
  },
  ioredis: async ([port], cleanUp) => {
    const client = new Redis(port ?? 0, host)
    client.on('error', ignore)
    cleanUp(() => client.disconnect())
    return ioredis(client)
  },
  iovalkey: async ([port], cleanUp) => {
    const client = new Valkey(port ?? 0, host)
    client.on('error', ignore)
    cleanUp(() => client.disconnect())
    return iovalkey(client)
  },
  GLIDE: async (ports, cleanUp) => {
    const create = () => GlideClient.createClient({ addresses: addresses(ports) })
    const client = await create()
    cleanUp(() => client.close())
    return glide(client, create)
  },
}

/** For a cluster, of which some nodes are given. */
export const cluster: Readonly<Record<string, Connect>> = {
  'node-redis': async (ports, cleanUp) => {
    const client = createCluster({
      rootNodes: addresses(ports).map((socket) => ({ socket })),
      topologyRefreshOnReconnectionAttemptStrategy: 1000,
    })
    client.on('error', ignore)
    await client.connect()
    cleanUp(() => client.destroy())
    return nodeRedis(client)
  },
  ioredis: async (ports, cleanUp) => {
    const client = new Cluster(addresses(ports))
    client.on('error', ignore)
    cleanUp(() => client.disconnect())
    return ioredis(client)
  },
  iovalkey: async (ports, cleanUp) => {
    const client = new ValkeyCluster(addresses(ports))
    client.on('error', ignore)
    cleanUp(() => client.disconnect())
    return iovalkey(client)
  },
  GLIDE: async (ports, cleanUp) => {
    const create = () => GlideClusterClient.createClient({ addresses: addresses(ports) })
    const client = await create()
    cleanUp(() => client.close())
    return glide(client, create)
  },
}

/** For the master of this name, which the sentinels know. */
export const sentinel: Readonly<Record<string, (name: string) => Connect>> = {
  'node-redis': (name) => async (ports, cleanUp) => {
    const client = createSentinel({ name, sentinelRootNodes: addresses(ports) })
    client.on('error', ignore)
    await client.connect()
    cleanUp(() => client.destroy())
    return nodeRedis(client)
  },
  ioredis: (name) => async (ports, cleanUp) => {
    const client = new Redis({ name, sentinels: addresses(ports) })
    client.on('error', ignore)
    cleanUp(() => client.disconnect())
    return ioredis(client)
  },
}
