import type { SharedEntry } from '../http/shared-documents.ts'
import type { FetchedKeys, KeySourceHealth } from './key-source.ts'

/**
 * Fetched keys that validators share. It looks the entry up on each use. `absent` is the health of an entry that does
 * not exist.
 */
export function sharedKeys(entry: SharedEntry<FetchedKeys>, absent: KeySourceHealth): FetchedKeys {
  return {
    current: () => entry.get().current(),
    cached: (now) => entry.find()?.cached(now),
    retry: (verifies) => entry.get().retry(verifies),
    ready: () => entry.get().ready(),
    usable: () => entry.find()?.usable(),
    isProven: () => true,
    health: () => entry.find()?.health() ?? absent,
  }
}
