import type { Clock } from '../lib/clock.ts'
import type { CircuitState } from '../diagnostics/messages.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { timeUntil } from './backoff.ts'

/** Gives an upstream that keeps failing a rest: after five failures in a row nobody calls until a pause is over, and then one at a time until one call succeeds. */
export interface Breaker {
  /** Throws an `UpstreamError` while the upstream rests. */
  readonly expectAwake: () => void
  /** The same, and takes the one turn there is after a rest: who is admitted has to report how it went. */
  readonly admit: () => void
  /** How often it has rested in a row. What a call reports that began before the last rest is old news. */
  readonly era: () => number
  readonly succeeded: () => void
  readonly failed: (error: UpstreamError, era: number) => void
  /** It neither succeeded nor failed, as far as the upstream is concerned. */
  readonly abandoned: (era: number) => void
  readonly health: () => CircuitHealth
}

export interface CircuitHealth {
  /** `closed`: calls are free. `open`: the upstream rests. `half-open`: the rest is over, and one call at a time tries. */
  readonly state: CircuitState
  /** When the rest is over; `undefined` unless it is open. */
  readonly nextTry: Date | undefined
}

export interface BreakerOptions {
  readonly clock: Clock
  /** How many calls, one after the other, have to fail after a rest before the next. */
  readonly turns: number
  /** How long to rest after so many rests in a row, in milliseconds. */
  readonly pauseAfter: (rests: number) => number
  readonly onChange: (state: CircuitState) => void
}

const mostFailures = 5

export function createBreaker({ clock, turns, pauseAfter, onChange }: BreakerOptions): Breaker {
  /** Failures in a row since it was last awake, and rests among them. */
  let failures = 0
  let rests = 0
  let restsUntil = 0
  let lastFailure: UpstreamError | undefined
  let isTried = false
  let told: CircuitState = 'closed'

  function tell(state: CircuitState): void {
    if (state !== told) {
      told = state
      onChange(state)
    }
  }

  function expectAwake(): void {
    const wait = timeUntil(restsUntil, clock())
    if (rests > 0 && (wait > 0 || isTried)) {
      throw resting(lastFailure, wait)
    }
  }

  function admit(): void {
    expectAwake()
    isTried = rests > 0
    tell(isTried ? 'half-open' : 'closed')
  }

  function failed(error: UpstreamError, era: number): void {
    if (era !== rests) {
      return
    }
    failures += 1
    lastFailure = error
    isTried = false
    if (failures >= mostFailures + rests * turns) {
      rests += 1
      restsUntil = clock() + pauseAfter(rests)
      tell('open')
    }
  }

  function succeeded(): void {
    failures = 0
    rests = 0
    isTried = false
    tell('closed')
  }

  function abandoned(era: number): void {
    isTried = era === rests ? false : isTried
  }

  function health(): CircuitHealth {
    const isResting = rests > 0 && timeUntil(restsUntil, clock()) > 0
    const state = rests === 0 ? 'closed' : isResting ? 'open' : 'half-open'
    return { state, nextTry: isResting ? new Date(restsUntil) : undefined }
  }

  return { expectAwake, admit, era: () => rests, succeeded, failed, abandoned, health }
}

/** Our credentials do not get better by waiting: that is said as long as it is so. */
function resting(cause: UpstreamError | undefined, wait: number): UpstreamError {
  const reason = cause?.reason === 'credentials-refused' ? cause.reason : 'backing-off'
  const message = `The last attempts failed (${cause?.message ?? 'no reason known'}), and the next one is not due yet`
  return new UpstreamError({ reason, message, retryAfter: wait / 1000, cause })
}
