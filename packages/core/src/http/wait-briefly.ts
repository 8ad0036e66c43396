import { reportBug } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import { UpstreamError } from '../responses/unavailable.ts'

/** Milliseconds of real time. */
const maxWait = 1000

/**
 * Creates a function that waits for a fetch on behalf of a caller that a stale document can serve. It resolves with
 * `undefined` when the fetch fails upstream, or takes longer than one second. The fetch goes on. While a fetch that
 * took longer is still under way, no caller waits.
 */
export function createWaitBriefly(): <Result>(fetching: Promise<Result>) => Promise<Result | undefined> {
  let slowFetches = 0

  return async (fetching) => {
    try {
      if (slowFetches === 0) {
        return await withDeadline(fetching, AbortSignal.timeout(maxWait), () => new TooSlow())
      }
    } catch (error) {
      if (error instanceof UpstreamError) {
        return undefined
      }
      if (!(error instanceof TooSlow)) {
        throw error
      }
    }
    slowFetches += 1
    fetching.catch(reportBug).finally(() => (slowFetches -= 1))
    return undefined
  }
}

class TooSlow extends Error {}
