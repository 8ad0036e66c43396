/** The contracts of `TokenCache`, `Revocations` and `ReplayStore`, with every client and every set-up. */
import { replayStoreContract, revocationsContract, tokenCacheContract } from '@tollgate/core/contract'
import { type RedisClient, redisReplayStore, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CleanUp } from '../harness/listen.ts'
import { type RedisProgram, startCluster, startRedis, startSentinels } from './redis.ts'
import { cluster, type Connect, sentinel, standalone } from './redis-clients.ts'

const secrets = ['a secret of the tests, which is long enough', 'the former secret of the tests, long enough']

interface Setup {
  readonly title: string
  /** The servers for each client: the ports for it. */
  readonly start: (cleanUp: CleanUp) => Promise<readonly number[]>
  readonly clients: Readonly<Record<string, Connect>>
}

const setups = (['redis-server', 'valkey-server'] as const).flatMap((program) => setupsOf(program))

function setupsOf(program: RedisProgram): readonly Setup[] {
  const ports = (servers: readonly { readonly port: number }[]) => servers.map(({ port }) => port)
  return [
    {
      title: `one ${program}`,
      start: async (cleanUp) => ports([await startRedis(cleanUp, program)]),
      clients: standalone,
    },
    {
      title: `a cluster of ${program}`,
      start: async (cleanUp) => ports(await startCluster(cleanUp, program)),
      clients: cluster,
    },
    {
      title: `sentinels of ${program}`,
      start: async (cleanUp) => ports((await startSentinels(cleanUp, program)).sentinels),
      clients: Object.fromEntries(Object.entries(sentinel).map(([name, connect]) => [name, connect('tollgate')])),
    },
  ]
}

describe.each(setups)('$title', ({ start, clients }) => {
  const works: (() => void | Promise<void>)[] = []
  const cleanUp: CleanUp = (work) => void works.unshift(work)
  let ports: readonly number[] = []
  beforeAll(async () => {
    ports = await start(cleanUp)
  })
  afterAll(async () => {
    for (const work of works) {
      await work()
    }
  })

  describe.each(Object.entries(clients))('%s', (_name, connect) => {
    const opened: RedisClient[] = []
    /** Two connections in turn: each is a process of its own. */
    async function open(): Promise<RedisClient> {
      if (opened.length < 2) {
        opened.unshift(await connect(ports, cleanUp))
      }
      const [first, second] = opened
      opened.reverse()
      return first ?? (second as RedisClient)
    }

    test.each(tokenCacheContract(async () => redisTokenCache(await open(), { secrets })))('cache: $name', ({ run }) =>
      expect(run()).resolves.toBeUndefined(),
    )

    test.each(revocationsContract(async () => redisRevocations(await open(), { secrets })))(
      'revocations: $name',
      ({ run }) => expect(run()).resolves.toBeUndefined(),
    )

    test.each(replayStoreContract(async () => redisReplayStore(await open())))('replays: $name', ({ run }) =>
      expect(run()).resolves.toBeUndefined(),
    )
  })
})
