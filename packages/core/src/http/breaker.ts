import type { Clock } from '../clock.ts'
import { UpstreamError } from '../unavailable.ts'
import { pauseAfter } from './pause.ts'

/** Gives an upstream that keeps failing a rest: after five failures in a row nobody calls until a pause is over, and then one at a time. */
export interface Breaker {
  /** Throws an `UpstreamError` while the upstream rests. */
  readonly expectAwake: () => void
  /** The same, and takes the one turn there is after a rest: who is admitted has to report how it went. */
  readonly admit: () => void
  readonly succeeded: () => void
  readonly failed: (error: UpstreamError) => void
  /** It neither succeeded nor failed, as far as the upstream is concerned. */
  readonly abandoned: () => void
}

const mostFailures = 5

export function createBreaker(clock: Clock): Breaker {
  let failures = 0
  let restsUntil = 0
  let lastFailure: UpstreamError | undefined
  let isTried = false

  function expectAwake(): void {
    const wait = restsUntil - clock()
    if (failures >= mostFailures && (wait > 0 || isTried)) {
      throw resting(lastFailure, wait)
    }
  }

  function admit(): void {
    expectAwake()
    isTried = failures >= mostFailures
  }

  function failed(error: UpstreamError): void {
    failures += 1
    lastFailure = error
    isTried = false
    if (failures >= mostFailures) {
      restsUntil = clock() + pauseAfter(failures - mostFailures + 1)
    }
  }

  function succeeded(): void {
    failures = 0
    isTried = false
  }

  function abandoned(): void {
    isTried = false
  }

  return { expectAwake, admit, succeeded, failed, abandoned }
}

/** Our credentials do not get better by waiting: that is said as long as it is so. */
function resting(cause: UpstreamError | undefined, wait: number): UpstreamError {
  const reason = cause?.reason === 'credentials-refused' ? cause.reason : 'backing-off'
  const message = `The last attempts failed (${cause?.message ?? 'no reason known'}), and the next one is not due yet`
  return new UpstreamError({ reason, message, retryAfter: wait / 1000, cause })
}
