import { invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'

/**
 * A store through which several processes share introspection results. Implement it over any key-value store, and run
 * `tokenCacheContract` of `@tollgate/core/contract` against the implementation. `redisTokenCache` of `@tollgate/redis`
 * is one.
 *
 * Keys are hashes. Values contain claims and no token. An application that can write to the store can make a token
 * active, unless the implementation seals its values.
 *
 * With `acquireLease`, `renewLease` and `releaseLease`, the processes elect one that introspects a token, and the others wait for its result.
 * Without these three, each process makes its own calls.
 *
 * A call that takes longer than 250 ms counts as failed. A failed `get` or `set`, or a failed call for a lease, costs a
 * call to the issuer. No request is refused or accepted because of it. A failed `delete` makes the eviction fail. Every
 * call must settle in the end: a `set` that hangs takes one of 256 places, and a call of each other kind one of 1,024.
 * Without a free place, the cache is not used.
 */
export interface TokenCache {
  /** Resolves with the last value of the key that has not expired, or with `undefined`. */
  get(key: string): Promise<string | undefined>
  /**
   * Replaces the value of the key. It expires after so many milliseconds: a number above 0, perhaps with a fraction.
   *
   * With `lease`, it does so only while that lease is the one of the key, and it ends the lease. Otherwise it resolves
   * with `false`, and the store does not change. Both are one atomic step.
   */
  set(key: string, value: string, expiresIn: number, lease?: string): Promise<void | boolean>
  /**
   * Deletes the value of the key and its lease for every process, in one atomic step. Therefore a result that was
   * requested before is not written after it. Deleting an absent value is no error.
   */
  delete(key: string): Promise<void>
  /**
   * Resolves with a new lease of the key, which no one can guess. Resolves with `undefined` while there is another one.
   * It is atomic. The lease ends after so many milliseconds, by itself.
   */
  acquireLease?(key: string, expiresIn: number): Promise<string | undefined>
  /** Lets this lease end so many milliseconds from now. Resolves with `false` when it has ended. It is atomic. */
  renewLease?(key: string, lease: string, expiresIn: number): Promise<boolean>
  /** Ends this lease without a value. It does not end another one of the key. */
  releaseLease?(key: string, lease: string): Promise<void>
}

/** Checks the option `cache`. */
export function expectTokenCache(cache: unknown): TokenCache {
  const members = asRecord(cache)
  const ofLeases = ['acquireLease', 'renewLease', 'releaseLease']
  const isElecting = ofLeases.some((name) => members[name] !== undefined)
  const names = ['get', 'set', 'delete', ...(isElecting ? ofLeases : [])]
  const missing = names.filter((name) => typeof members[name] !== 'function')
  if (missing.length > 0) {
    throw invalidOption(
      `Expected \`cache\` to be 'memory', 'off' or a TokenCache, with get, set and delete; it lacks ${missing.join(', ')}`,
    )
  }
  return cache as TokenCache
}
