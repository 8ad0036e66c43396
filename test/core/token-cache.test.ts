/** The contract of `TokenCache`, and that it notices whoever breaks it. */
import type { TokenCache } from '@tollgate/core'
import { tokenCacheContract } from '@tollgate/core/contract'
import { LRUCache } from 'lru-cache'
import { describe, expect, test } from 'vitest'

/** A store as several processes would share it. */
function storeCache(changes: Partial<TokenCache> = {}): () => TokenCache {
  const store = new LRUCache<string, string>({ max: 1000 })
  return () => ({
    get: async (key) => store.get(key),
    set: async (key, value, expiresIn) => void store.set(key, value, { ttl: Math.ceil(expiresIn) }),
    delete: async (key) => void store.delete(key),
    ...changes,
  })
}

describe('an implementation over lru-cache', () => {
  test.each(tokenCacheContract(storeCache()))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

const breaches: Readonly<Record<string, () => () => TokenCache>> = {
  'answers null': () => storeCache({ get: async () => null as unknown as undefined }),
  'forgets at once': () => storeCache({ set: async () => undefined }),
  'never expires': () => {
    const store = new Map<string, string>()
    return () => ({
      get: async (key) => store.get(key),
      set: async (key, value) => void store.set(key, value),
      delete: async (key) => void store.delete(key),
    })
  },
  'does not delete': () => storeCache({ delete: async () => undefined }),
  'is private to its process': () => () => storeCache()(),
  'takes only whole milliseconds': () => {
    const open = storeCache()
    return () => ({
      ...open(),
      set: async (key, value, expiresIn) => {
        expect(Number.isInteger(expiresIn)).toBe(true)
        await open().set(key, value, expiresIn)
      },
    })
  },
}

describe.each(Object.entries(breaches))('one that %s', (_name, open) => {
  test('breaks it', async () => {
    const results = await Promise.allSettled(tokenCacheContract(open()).map(({ run }) => run()))
    expect(results.map(({ status }) => status)).toContain('rejected')
  })
})
