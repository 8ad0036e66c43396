/** The contract of `ReplayStore` accepts a good implementation, and finds the fault of each bad one. */
import { memoryReplayStore, type ReplayStore } from '@tollgate/core'
import { replayStoreContract } from '@tollgate/core/contract'
import { describe, expect, test } from 'vitest'

describe('the store in memory', () => {
  const store = memoryReplayStore()
  test.concurrent.each(replayStoreContract(() => store))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

/** A store without limits. `change` changes the arguments of each call. */
function implementation(
  change: (key: string, ttl: number) => readonly [key: string, ttl: number] = (...args) => args,
): () => ReplayStore {
  const ends = new Map<string, number>()
  return () => ({
    remember: async (...args) => {
      const [key, ttl] = change(...args)
      const isNew = (ends.get(key) ?? 0) <= Date.now()
      if (isNew) {
        ends.set(key, Date.now() + ttl)
      }
      return isNew
    },
  })
}

/** Renews the time with each use, or lets another call come between the check and the write. */
function withoutCare(pause: () => Promise<unknown>): () => ReplayStore {
  const ends = new Map<string, number>()
  return () => ({
    remember: async (key, ttl) => {
      const isNew = (ends.get(key) ?? 0) <= Date.now()
      await pause()
      ends.set(key, Date.now() + ttl)
      return isNew
    },
  })
}

describe('a store without limits', () => {
  test.concurrent.each(replayStoreContract(implementation()))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

const faults: Readonly<Record<string, () => () => ReplayStore>> = {
  'accepts every key': () => () => ({ remember: async () => true }),
  'refuses every key': () => () => ({ remember: async () => false }),
  'returns the word of Redis': () => () => ({ remember: async () => 'OK' as unknown as boolean }),
  'does not share its keys': () => () => memoryReplayStore(),
  'checks and writes in two steps': () => withoutCare(async () => new Promise(setImmediate)),
  'renews the time with each use': () => withoutCare(async () => undefined),
  'forgets a key after a quarter of its time': () => implementation((key, ttl) => [key, ttl / 4]),
  'forgets no key': () => implementation((key) => [key, 3_600_000]),
  'takes the time for seconds': () => implementation((key, ttl) => [key, ttl * 1000]),
  'ignores the case of a key': () => implementation((key, ttl) => [key.toLowerCase(), ttl]),
  'ignores the end of a long key': () => implementation((key, ttl) => [key.slice(0, 127), ttl]),
  'ignores the thumbprint': () => implementation((key, ttl) => [key.split('.')[1] ?? '', ttl]),
  'takes only whole milliseconds': () =>
    implementation((key, ttl) => {
      expect(Number.isInteger(ttl)).toBe(true)
      return [key, ttl]
    }),
}

test.concurrent.each(Object.entries(faults))('a store that %s fails the contract', async (_name, open) => {
  const results = await Promise.allSettled(replayStoreContract(open()).map(({ run }) => run()))
  expect(results.map(({ status }) => status)).toContain('rejected')
})
