import type { TokenCache } from '@tollgate/core'

export interface MemoryCache extends TokenCache {
  /** The stored entries. None expires, because the validator must check the times by itself. */
  readonly entries: Map<string, string>
}

/** A shared store in this process. A test can read its entries. */
export function memoryCache(): MemoryCache {
  const entries = new Map<string, string>()
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value) => void entries.set(key, value),
    delete: async (key) => void entries.delete(key),
  }
}
