import { createBulkhead } from '../http/bulkhead.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidToken } from '../responses/refusal.ts'

/** Milliseconds, as the cooldown after a fetch for an unknown `kid`. */
const cooldown = 30_000
/** A good key that is new must not wait for one made-up key id, as it would with one call in each cooldown. */
const maxFruitless = 20
const limits = { maxRunning: 10, maxPresent: 1024 }

/**
 * Limits the calls for key ids that never had keys. Ten calls run at a time. After 20 calls in 30 s without a key, the
 * function that this returns throws a `Refusal` (401) without a call. If the last call failed, it throws that error
 * instead, because an outage must not become a 401. A call waits at most `maxWait` milliseconds for its turn, and
 * throws an `UpstreamError` then.
 */
export function limitFruitlessCalls(
  clock: Clock,
  maxWait: number,
): <Result>(call: () => Promise<Result | undefined>) => Promise<Result | undefined> {
  const bulkhead = createBulkhead({ ...limits, maxWait })
  /** The times of the calls that brought nothing. */
  let fruitless: readonly number[] = []
  let failure: { readonly error: unknown } | undefined

  function expectRoom(): void {
    const now = clock()
    // A clock that was set back causes no longer wait.
    fruitless = fruitless.filter((at) => at <= now && now - at < cooldown)
    if (fruitless.length >= maxFruitless) {
      throw failure === undefined ? invalidToken('unknown-key') : failure.error
    }
  }

  async function count<Result>(call: () => Promise<Result | undefined>): Promise<Result | undefined> {
    // Others may have ended while this call waited.
    expectRoom()
    try {
      const result = await call()
      failure = undefined
      fruitless = result === undefined ? [...fruitless, clock()] : fruitless
      return result
    } catch (error) {
      failure = { error }
      fruitless = [...fruitless, clock()]
      throw error
    }
  }

  return async (call) => {
    expectRoom()
    return bulkhead(() => count(call))
  }
}
