/** The contract of `TokenCache` accepts a good implementation, and finds the fault of each bad one. */
import type { TokenCache } from '@tollgate/core'
import { tokenCacheContract } from '@tollgate/core/contract'
import { LRUCache } from 'lru-cache'
import { describe, expect, test } from 'vitest'

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

test.each(Object.entries(faults))('an implementation that %s fails the contract', async (_name, open) => {
  const results = await Promise.allSettled(tokenCacheContract(open()).map(({ run }) => run()))
  expect(results.map(({ status }) => status)).toContain('rejected')
})
