/**
 * A store through which several processes share introspection results. Implement it over any key-value store, and run
 * `tokenCacheContract` of `@tollgate/core/contract` against the implementation.
 *
 * Keys are hashes. Values contain claims and no token. An application that can write to the store can make a token
 * active, unless the implementation seals its values.
 *
 * A call that takes longer than 250 ms counts as failed. A failed `get` or `set` costs a call to the issuer, and no
 * request is refused or accepted because of it. A failed `delete` makes the eviction fail. Every call must settle in
 * the end: a `set` that hangs takes one of 256 places, and a `get` or `delete` one of 1,024. Without a free place, the
 * cache is not used.
 */
export interface TokenCache {
  /** Resolves with the last value of the key that has not expired, or with `undefined`. */
  get(key: string): Promise<string | undefined>
  /**
   * Replaces the value of the key. It expires after so many milliseconds: a number above 0, perhaps with a fraction.
   */
  set(key: string, value: string, expiresIn: number): Promise<void>
  /** Deletes the value of the key for every process. Deleting an absent value is no error. */
  delete(key: string): Promise<void>
}
