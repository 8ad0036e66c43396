import type { CircuitHealth } from '../diagnostics/health.ts'
import type { CircuitState } from '../diagnostics/messages.ts'
import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { timeUntil } from './backoff.ts'

/**
 * Stops calls to an upstream that fails repeatedly. Five failures in a row open the circuit. While it is open, a few
 * calls pass after each wait, to find out whether the upstream works again. The first success closes the circuit.
 */
export interface CircuitBreaker {
  /** Throws an `UpstreamError` unless a call may pass now. */
  readonly expectPassage: () => void
  /** The same. It counts the call as one that passes. */
  readonly pass: () => void
  readonly succeeded: () => void
  readonly failed: (error: UpstreamError) => void
  readonly health: () => CircuitHealth
}

export interface CircuitPolicy {
  /** How many calls pass after each wait. */
  readonly probes: number
  /** The wait before the next probes, in milliseconds, after so many waits. */
  readonly waitAfter: (waits: number) => number
  /** Failures do not open the circuit for so many milliseconds after a success. */
  readonly closedAfterSuccess: number
}

const maxFailures = 5

export function createCircuitBreaker(
  { probes, waitAfter, closedAfterSuccess }: CircuitPolicy,
  clock: Clock,
  onChange: (state: CircuitState) => void,
): CircuitBreaker {
  let failures = 0
  let lastFailure: UpstreamError | undefined
  let succeededAt = -Infinity
  /** Waits since the circuit opened; 0 while it is closed. */
  let waits = 0
  let waitsUntil = 0
  let probed = 0
  let published: CircuitState = 'closed'

  const timeLeft = (): number => (waits === 0 ? 0 : timeUntil(waitsUntil, clock()))

  function publish(state: CircuitState): void {
    if (state !== published) {
      published = state
      onChange(state)
    }
  }

  function wait(): void {
    waits += 1
    waitsUntil = clock() + waitAfter(waits)
    probed = 0
  }

  function expectPassage(): void {
    const left = timeLeft()
    if (left > 0) {
      const message = `The last attempts failed (${lastFailure?.message ?? 'no reason known'}), and the next one is not due yet`
      // Time does not change refused credentials, so their reason stays.
      const reason = lastFailure?.reason === 'credentials-refused' ? lastFailure.reason : 'backing-off'
      throw new UpstreamError({ reason, message, retryAfter: left / 1000, cause: lastFailure })
    }
  }

  function pass(): void {
    expectPassage()
    if (waits > 0) {
      publish('half-open')
      probed += 1
      if (probed >= probes) {
        wait()
      }
    }
  }

  function failed(error: UpstreamError): void {
    failures += 1
    lastFailure = error
    // The clock may have been set back.
    const hasJustSucceeded = Math.abs(clock() - succeededAt) < closedAfterSuccess
    if (waits === 0 && failures >= maxFailures && !hasJustSucceeded) {
      wait()
    }
    if (waits > 0) {
      publish('open')
    }
  }

  function succeeded(): void {
    failures = 0
    waits = 0
    succeededAt = clock()
    publish('closed')
  }

  function health(): CircuitHealth {
    const isWaiting = timeLeft() > 0
    const state = waits === 0 ? 'closed' : isWaiting ? 'open' : 'half-open'
    return { state, nextTry: isWaiting ? new Date(waitsUntil) : undefined }
  }

  return { expectPassage, pass, succeeded, failed, health }
}
