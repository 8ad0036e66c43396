import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'

const firstBackoff = 1000
const maxBackoff = 30_000

/** The time between failed attempts: 1 s after the first failure, doubled up to 30 s, ± 20 %. */
export interface Backoff {
  /** The milliseconds until the next attempt may start. */
  readonly wait: () => number
  /** Starts an attempt. Throws an `UpstreamError` with the reason `backing-off` when none is due yet. */
  readonly begin: () => Attempt
  /** The error of the last attempt. `undefined` after a success. */
  readonly lastFailure: () => unknown
  /** Whether the last attempt failed, and its wait goes on or ended less than 30 s ago. */
  readonly hasJustFailed: () => boolean
}

/** An attempt. Others can be under way at the same time. */
interface Attempt {
  /** Records a success. Returns `false`, and records nothing, when a later attempt has succeeded before. */
  readonly succeeded: () => boolean
  /** A failure does not count after the success of a later attempt. Attempts that are under way together fail once. */
  readonly failed: (error: unknown) => void
}

export function createBackoff(clock: Clock): Backoff {
  let failures = 0
  let retryAt = 0
  let lastFailure: unknown
  /** Numbers of attempts: the last one that started, the newest success, and the last one that a failure covers. */
  let started = 0
  let succeeded = 0
  let failed = 0

  const wait = (): number => (failures === 0 ? 0 : Math.max(0, timeUntil(retryAt, clock())))

  function begin(): Attempt {
    if (wait() > 0) {
      const why = lastFailure instanceof Error ? lastFailure.message : 'unknown reason'
      const message = `The last attempt failed (${why}). The next attempt is not due yet`
      throw new UpstreamError({ reason: 'backing-off', message, retryAfter: wait() / 1000, cause: lastFailure })
    }
    const number = (started += 1)
    return {
      succeeded: () => {
        const isNewest = number > succeeded
        if (isNewest) {
          succeeded = number
          failures = 0
          lastFailure = undefined
        }
        return isNewest
      },
      failed: (error) => {
        if (number > Math.max(succeeded, failed)) {
          failed = started
          failures += 1
          lastFailure = error
          retryAt = clock() + backoffAfter(failures)
        }
      },
    }
  }

  return {
    wait,
    begin,
    lastFailure: () => lastFailure,
    hasJustFailed: () => failures > 0 && clock() < retryAt + maxBackoff,
  }
}

/** The milliseconds until a time of the clock. A clock that was set back causes no longer wait than the maximum. */
export function timeUntil(then: number, now: number): number {
  const wait = then - now
  return wait > 1.2 * maxBackoff ? 0 : wait
}

/** The milliseconds to wait after this many failures in a row. The ± 20 % spread the processes of a fleet. */
export function backoffAfter(failures: number): number {
  const backoff = Math.min(maxBackoff, firstBackoff * 2 ** (failures - 1))
  return backoff * (0.8 + 0.4 * Math.random())
}
