import { invalidOption } from '../../lib/invalid-option.ts'
import { asRecord } from '../../lib/record.ts'

/**
 * A store of the DPoP proofs that clients have used, so that a proof counts once (RFC 9449 §11.1). Implement it over any
 * store that several processes share, and run `replayStoreContract` of `@tollgate/core/contract` against the
 * implementation. `memoryReplayStore` is one for a single process, and `redisReplayStore` of `@tollgate/redis` is one
 * for a fleet.
 *
 * Keys contain hashes, and no token and no claim. An application that can delete keys from the store can use a proof
 * again, until the proof is too old. An application that can write keys can refuse proofs that it knows.
 */
export interface ReplayStore {
  /**
   * Resolves with `true` the first time, and with `false` while the key is known. Both are one atomic step for all
   * processes: of many calls at once, one gets `true`. A call with a known key does not change its time.
   *
   * `key` is `<thumbprint>.<hash>`, of at most 128 characters. The text before its first dot names the key of the
   * client. `ttl` is in milliseconds, perhaps with a fraction. The store forgets the key after that time, at
   * most 1 s late, and never early.
   *
   * Rejects when the store cannot know whether the key is new, or is full: then the request gets 503. The validator waits
   * for 1 s, and then responds with 503, too.
   */
  remember(key: string, ttl: number): Promise<boolean>
}

/** In characters. */
export const maxReplayKey = 128

/** Checks the option `replay`. Does not call the store. Throws a `TypeError`. */
export function expectReplayStore(value: unknown): ReplayStore {
  if (typeof asRecord(value)['remember'] !== 'function') {
    throw invalidOption(
      'Expected `replay` to be memoryReplayStore(), redisReplayStore(…) or another ReplayStore; it lacks remember',
    )
  }
  return value as ReplayStore
}
