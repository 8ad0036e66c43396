import { reportBug } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import { UpstreamError } from '../responses/unavailable.ts'

/**
 * Waits for a fetch on behalf of a caller that a stale document can serve. Resolves with `undefined` when the fetch
 * fails upstream, or takes longer than one second. It does not wait at all while a fetch for which a caller waited in
 * vain is still under way. The fetch goes on.
 */
export type WaitBriefly = <Result>(work: () => Promise<Result>) => Promise<Result | undefined>

/** Milliseconds of real time. */
const maxWait = 1000

export function createWaitBriefly(): WaitBriefly {
  let slowFetches = 0

  function leave(fetching: Promise<unknown>): undefined {
    slowFetches += 1
    fetching.catch(reportBug).finally(() => (slowFetches -= 1))
  }

  return async (work) => {
    const fetching = work()
    if (slowFetches > 0) {
      return leave(fetching)
    }
    try {
      return await withDeadline(fetching, AbortSignal.timeout(maxWait), () => new TooSlow())
    } catch (error) {
      if (error instanceof TooSlow) {
        return leave(fetching)
      }
      if (error instanceof UpstreamError) {
        return undefined
      }
      throw error
    }
  }
}

class TooSlow extends Error {}
