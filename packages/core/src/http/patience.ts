import { tellOfBug } from '../diagnostics.ts'
import { inTime } from '../in-time.ts'
import { UpstreamError } from '../unavailable.ts'

/**
 * Waits for work on behalf of those who could be served by something older: for a second, and not at all while work is under way that
 * somebody has waited for in vain. Rejects with an `UpstreamError` then; the work goes on.
 */
export type Patience = <Result>(work: () => Promise<Result>) => Promise<Result>

const second = 1000

export function createPatience(): Patience {
  let givenUp = 0

  return async (work) => {
    const underWay = work()
    if (givenUp > 0) {
      underWay.catch(tellOfBug)
      throw tooSlow()
    }
    return inTime(underWay, AbortSignal.timeout(second), () => {
      const over = (): void => void (givenUp -= 1)
      givenUp += 1
      underWay.then(over, over)
      return tooSlow()
    })
  }
}

function tooSlow(): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: 'Nothing came in time, and what is at hand serves on' })
}
