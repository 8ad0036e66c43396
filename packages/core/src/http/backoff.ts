import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'

const firstBackoff = 1000
/** Milliseconds. */
export const maxBackoff = 30_000

/** The time between failed attempts: 1 s after the first failure, doubled up to 30 s, ± 20 %. */
export interface Backoff {
  /** The milliseconds until the next attempt may start. */
  readonly wait: () => number
  /** Throws an `UpstreamError` with the reason `backing-off` when the next attempt is not due yet. */
  readonly expectOver: () => void
  readonly failed: (error: unknown) => void
  readonly succeeded: () => void
  /** The last failure. `undefined` after a success. */
  readonly lastFailure: () => { readonly error: unknown } | undefined
  /** Whether the last attempt failed, and its wait ended less than 30 s ago. */
  readonly hasJustFailed: () => boolean
}

export function createBackoff(clock: Clock): Backoff {
  let failures = 0
  let retryAt = 0
  let lastFailure: { readonly error: unknown } | undefined

  const wait = (): number => (failures === 0 ? 0 : Math.max(0, timeUntil(retryAt, clock())))

  function expectOver(): void {
    if (wait() > 0) {
      const cause = lastFailure?.error
      const why = cause instanceof Error ? cause.message : 'unknown reason'
      const message = `The last attempt failed (${why}). The next attempt is not due yet`
      throw new UpstreamError({ reason: 'backing-off', message, retryAfter: wait() / 1000, cause })
    }
  }

  return {
    wait,
    expectOver,
    failed: (error) => {
      lastFailure = { error }
      failures += 1
      retryAt = clock() + backoffAfter(failures)
    },
    succeeded: () => {
      failures = 0
      lastFailure = undefined
    },
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
