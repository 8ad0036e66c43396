import { tellOfBug } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import { UpstreamError } from '../responses/unavailable.ts'

/**
 * Waits for work on behalf of those who could be served by something older. Resolves with what it brings; with `undefined` when upstream
 * fails, when it takes longer than a second, and at once while somebody has waited in vain for work that is still under way, which goes on.
 */
export type Patience = <Result>(work: () => Promise<Result>) => Promise<Result | undefined>

const second = 1000

export function createPatience(): Patience {
  let givenUp = 0

  /** Nobody waits for it any more. */
  function giveUp(work: Promise<unknown>): undefined {
    givenUp += 1
    work.catch(tellOfBug).finally(() => (givenUp -= 1))
  }

  return async (work) => {
    const underWay = work()
    if (givenUp > 0) {
      return giveUp(underWay)
    }
    try {
      return await withDeadline(underWay, AbortSignal.timeout(second), tooSlow)
    } catch (error) {
      if (error instanceof TooSlow) {
        return giveUp(underWay)
      }
      if (error instanceof UpstreamError) {
        return undefined
      }
      throw error
    }
  }
}

class TooSlow extends Error {}

function tooSlow(): TooSlow {
  return new TooSlow()
}
