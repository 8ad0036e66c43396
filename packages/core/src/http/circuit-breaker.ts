import type { CircuitHealth } from '../diagnostics/health.ts'
import type { CircuitState } from '../diagnostics/messages.ts'
import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { timeUntil } from './backoff.ts'

/**
 * Stops the calls to an upstream that fails. Five failures in a row open the circuit. After a back-off it is half-open: one call at a time passes,
 * until one succeeds.
 */
export interface Breaker {
  /** Throws an `UpstreamError` while no call may pass. */
  readonly expectAwake: () => void
  /** The same. It also takes the turn of a half-open circuit. The caller must report the result of the call. */
  readonly admit: () => void
  /** How often the circuit has opened in a row. A call that began in an earlier era reports nothing new. */
  readonly era: () => number
  readonly succeeded: () => void
  readonly failed: (error: UpstreamError, era: number) => void
  /** The call said nothing about the upstream. */
  readonly abandoned: (era: number) => void
  readonly health: () => CircuitHealth
}

export interface BreakerOptions {
  readonly clock: Clock
  /** How many calls in a row have to fail in a half-open circuit before it opens again. */
  readonly turns: number
  /** The milliseconds for which the circuit is open, by how often it has opened in a row. */
  readonly backoffAfter: (openings: number) => number
  readonly onChange: (state: CircuitState) => void
}

const maxFailures = 5

export function createBreaker({ clock, turns, backoffAfter, onChange }: BreakerOptions): Breaker {
  /** Failures in a row since the last success, and how often the circuit opened among them. */
  let failures = 0
  let openings = 0
  let openUntil = 0
  let lastFailure: UpstreamError | undefined
  let isTried = false
  let published: CircuitState = 'closed'

  function publish(state: CircuitState): void {
    if (state !== published) {
      published = state
      onChange(state)
    }
  }

  function expectAwake(): void {
    const wait = timeUntil(openUntil, clock())
    if (openings > 0 && (wait > 0 || isTried)) {
      throw circuitOpen(lastFailure, wait)
    }
  }

  function admit(): void {
    expectAwake()
    isTried = openings > 0
    publish(isTried ? 'half-open' : 'closed')
  }

  function failed(error: UpstreamError, era: number): void {
    if (era !== openings) {
      return
    }
    failures += 1
    lastFailure = error
    isTried = false
    if (failures >= maxFailures + openings * turns) {
      openings += 1
      openUntil = clock() + backoffAfter(openings)
      publish('open')
    }
  }

  function succeeded(): void {
    failures = 0
    openings = 0
    isTried = false
    publish('closed')
  }

  function abandoned(era: number): void {
    isTried = era === openings ? false : isTried
  }

  function health(): CircuitHealth {
    const isOpen = openings > 0 && timeUntil(openUntil, clock()) > 0
    const state = openings === 0 ? 'closed' : isOpen ? 'open' : 'half-open'
    return { state, nextTry: isOpen ? new Date(openUntil) : undefined }
  }

  return { expectAwake, admit, era: () => openings, succeeded, failed, abandoned, health }
}

/** Refused credentials keep their reason, because a wait does not make them right. */
function circuitOpen(cause: UpstreamError | undefined, wait: number): UpstreamError {
  const reason = cause?.reason === 'credentials-refused' ? cause.reason : 'backing-off'
  const message = `The last attempts failed (${cause?.message ?? 'unknown reason'}). The next attempt is not due yet`
  return new UpstreamError({ reason, message, retryAfter: wait / 1000, cause })
}
