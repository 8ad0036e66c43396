import { randomUUID } from 'node:crypto'
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

/** The same with leases, so that one process introspects for all. */
export function leasingCache(): Required<MemoryCache> {
  const entries = new Map<string, string>()
  const leases = new Map<string, { readonly lease: string; readonly until: number }>()
  const current = (key: string): string | undefined => {
    const entry = leases.get(key)
    return entry !== undefined && performance.now() < entry.until ? entry.lease : undefined
  }
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value, _expiresIn, lease) => {
      if (lease !== undefined && current(key) !== lease) {
        return false
      }
      leases.delete(key)
      entries.set(key, value)
      return true
    },
    delete: async (key) => {
      leases.delete(key)
      entries.delete(key)
    },
    acquireLease: async (key, expiresIn) => {
      if (current(key) !== undefined) {
        return undefined
      }
      const lease = randomUUID()
      leases.set(key, { lease, until: performance.now() + expiresIn })
      return lease
    },
    renewLease: async (key, lease, expiresIn) => {
      const isCurrent = current(key) === lease
      if (isCurrent) {
        leases.set(key, { lease, until: performance.now() + expiresIn })
      }
      return isCurrent
    },
    releaseLease: async (key, lease) => {
      if (current(key) === lease) {
        leases.delete(key)
      }
    },
  }
}
