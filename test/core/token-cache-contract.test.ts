/** The contract of `TokenCache` accepts a good implementation, and finds the fault of each bad one. */
import type { TokenCache } from '@tollgate/core'
import { tokenCacheContract } from '@tollgate/core/contract'
import { LRUCache } from 'lru-cache'
import { describe, expect, test } from 'vitest'
import { leasingCache } from '../harness/memory-cache.ts'

/** Implementations over one store. */
function implementation(changes: Partial<TokenCache> = {}): () => TokenCache {
  const store = new LRUCache<string, string>({ max: 1000 })
  return () => ({
    get: async (key) => store.get(key),
    set: async (key, value, expiresIn) => void store.set(key, value, { ttl: Math.ceil(expiresIn) }),
    delete: async (key) => void store.delete(key),
    ...changes,
  })
}

describe('an implementation over lru-cache', () => {
  test.each(tokenCacheContract(implementation()))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

const faults: Readonly<Record<string, () => () => TokenCache>> = {
  'returns null': () => implementation({ get: async () => null as unknown as undefined }),
  'stores nothing': () => implementation({ set: async () => undefined }),
  'keeps values for ever': () => {
    const store = new Map<string, string>()
    return implementation({
      get: async (key) => store.get(key),
      set: async (key, value) => void store.set(key, value),
      delete: async (key) => void store.delete(key),
    })
  },
  'does not delete': () => implementation({ delete: async () => undefined }),
  'does not share its values': () => () => implementation()(),
  'takes only whole milliseconds': () => {
    const open = implementation()
    return () => ({
      ...open(),
      set: async (key, value, expiresIn) => {
        expect(Number.isInteger(expiresIn)).toBe(true)
        await open().set(key, value, expiresIn)
      },
    })
  },
}

describe('an implementation with leases', () => {
  const cache = expiringCache()
  test.each(tokenCacheContract(() => cache))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

/** The leases of the harness, with values that expire. */
function expiringCache(changes: Partial<TokenCache> = {}): TokenCache {
  const values = implementation()()
  const { set, delete: remove, ...leases } = leasingCache()
  return {
    ...leases,
    get: async (key) => values.get(key),
    set: async (key, value, expiresIn, lease) => {
      const isWritten = await set(key, value, expiresIn, lease)
      if (isWritten !== false) {
        await values.set(key, value, expiresIn)
      }
      return isWritten
    },
    delete: async (key) => {
      await Promise.all([remove(key), values.delete(key)])
    },
    ...changes,
  }
}

const good = expiringCache()
const faultsOfLeases: Readonly<Record<string, Partial<TokenCache>>> = {
  'gives a lease to everyone': { acquireLease: async () => 'lease' },
  'gives no lease': { acquireLease: async () => undefined },
  'writes under every lease': { set: async (key, value, expiresIn) => good.set(key, value, expiresIn) },
  'writes under no lease': {
    set: async (key, value, expiresIn, lease) => (lease ? false : good.set(key, value, expiresIn)),
  },
  'keeps the lease of a deleted key': { delete: async () => undefined },
  'releases nothing': { releaseLease: async () => undefined },
  'releases every lease': { releaseLease: async (key) => good.delete(key) },
}

test.each(Object.entries(faultsOfLeases))('an implementation that %s fails the contract', async (_name, fault) => {
  const results = await Promise.allSettled(tokenCacheContract(() => ({ ...good, ...fault })).map(({ run }) => run()))
  expect(results.map(({ status }) => status)).toContain('rejected')
})

test.each(Object.entries(faults))('an implementation that %s fails the contract', async (_name, open) => {
  const results = await Promise.allSettled(tokenCacheContract(open()).map(({ run }) => run()))
  expect(results.map(({ status }) => status)).toContain('rejected')
})
