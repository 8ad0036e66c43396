/**
 * Where verdicts on opaque tokens are shared by several processes: a port, to be implemented over whatever store there is.
 * `tokenCacheContract` of `@tollgate/core/contract` is the test suite that every implementation has to pass.
 *
 * Keys are hashes, and values hold no token, but they do hold claims. Whoever can write to the store can make a token
 * active unless the implementation seals what it stores. When `get` or `set` fails, that costs a call upstream and nothing
 * else: no request is refused, or let in, because a cache is down. When `delete` fails, so does the eviction. What takes longer than 250 ms has failed.
 */
export interface TokenCache {
  /** What was last set under the key and has not expired; else `undefined`. */
  get(key: string): Promise<string | undefined>
  /** Sets a value that has to be gone after so many milliseconds (more than 0), in place of any other. */
  set(key: string, value: string, expiresIn: number): Promise<void>
  /** Forgets a value, for every process. */
  delete(key: string): Promise<void>
}
