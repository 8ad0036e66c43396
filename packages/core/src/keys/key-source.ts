import type { DocumentHealth, IssuerHealth } from '../diagnostics/health.ts'
import { notFetched } from '../http/cached-document.ts'
import type { SharedEntry } from '../http/shared-documents.ts'
import type { KeyHeader, KeySet } from './key-set.ts'

/** The keys of one issuer at run time. It looks them up on each use, so that the cache can evict them. */
export interface KeySource {
  /**
   * The current keys for a token with this header, those of other issuers included. Rejects with an `UpstreamError`, or
   * a `Refusal` (401).
   */
  readonly current: (header: KeyHeader) => Promise<KeySet>
  /**
   * Whether a key that verified a token before is a current key. An identity contains the `issuer` of its key, so that
   * a key that moved to another issuer is another key. `false` when a wait is needed.
   */
  readonly trusts: (identity: string, now: number) => boolean
  /**
   * Fetches once more, because the current keys do not verify a token. Resolves with the result of `verifies` for the
   * newer keys. A fetch that brings no key for the token starts a cooldown of 30 s, in which the result is `false` at
   * once. Rejects with an `UpstreamError`.
   */
  readonly retry: (verifies: (keys: KeySet) => Promise<boolean>) => Promise<boolean>
  /** Resolves when there are keys to verify signatures with. It fetches keys that are not fresh. */
  readonly ready: () => Promise<unknown>
  /**
   * Whether the keys are not only a seed. Only then a token under another key may be refused without a fetch. Default:
   * they are not.
   */
  readonly isProven?: () => boolean
  readonly health: () => KeySourceHealth
}

/** Keys that are fetched. They are the same for every token. */
export interface FetchedKeys extends Omit<KeySource, 'trusts'> {
  readonly current: () => Promise<KeySet>
  /** The current keys when no wait is needed. `undefined` otherwise. */
  readonly cached: (now: number) => KeySet | undefined
  readonly ready: () => Promise<KeySet>
  /** The fetched keys, fresh or stale. It starts no fetch. */
  readonly usable: () => KeySet | undefined
}

export type KeySourceHealth = Pick<IssuerHealth, 'metadata'> & { readonly keys: DocumentHealth }

/** Keys that are configured: a key set or a shared secret. They never change. */
export function fixedKeys(keys: KeySet): KeySource {
  return {
    current: async () => keys,
    trusts: (identity) => keys.identities.has(identity),
    retry: async () => false,
    ready: async () => keys,
    health: () => ({ keys: { ...notFetched, state: 'fresh' }, metadata: undefined }),
  }
}

/** Fetched keys that validators share. `absent` is the health when the cache has no entry. */
export function sharedKeys(entry: SharedEntry<FetchedKeys>, absent: KeySourceHealth): FetchedKeys {
  return {
    current: () => entry.get().current(),
    cached: (now) => entry.find()?.cached(now),
    retry: (verifies) => entry.get().retry(verifies),
    ready: () => entry.get().ready(),
    usable: () => entry.find()?.usable(),
    health: () => entry.find()?.health() ?? absent,
  }
}
