import { createBulkhead } from '../http/bulkhead.ts'
import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'

const limits = { maxRunning: 10, maxPresent: 1024 }
/** Calls without a result in a second, and at once after a pause. */
const rate = 100

/**
 * Limits the calls for key ids that never had keys, because a stranger can make up key ids. Ten calls run at a time, and
 * 100 in a second may bring nothing. Every other call is an outage (503) and no refusal, because its token may be good.
 * A call waits at most `maxWait` milliseconds for its turn.
 *
 * @throws UpstreamError `overloaded` without a call.
 */
export function createCallLimit(
  clock: Clock,
  maxWait: number,
): <Result>(call: () => Promise<Result | undefined>) => Promise<Result | undefined> {
  const bulkhead = createBulkhead({ ...limits, maxWait })
  let left = rate
  let since = clock()

  function take(): void {
    const now = clock()
    // A clock that was set back adds nothing.
    left = Math.min(rate, left + (Math.max(0, now - since) * rate) / 1000)
    since = now
    if (left < 1) {
      throw new UpstreamError({ reason: 'overloaded', message: 'Too many key ids are unknown to the `keys` function' })
    }
    left -= 1
  }

  return (call) =>
    bulkhead(async () => {
      take()
      const result = await call()
      left += result === undefined ? 0 : 1
      return result
    })
}
