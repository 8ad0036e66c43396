import type { TokenCache } from '@tollgate/core'

export interface MemoryCache extends TokenCache {
  /** All that is stored, as it is stored. Nothing expires: the validator has to see for itself. */
  readonly entries: Map<string, string>
}

/** A shared store in this process, into which a test can look. */
export function memoryCache(): MemoryCache {
  const entries = new Map<string, string>()
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value) => void entries.set(key, value),
    delete: async (key) => void entries.delete(key),
  }
}
