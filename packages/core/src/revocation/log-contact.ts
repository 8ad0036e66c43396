// Fake timers of a test replace the global `performance`.
import { performance } from 'node:perf_hooks'
import { diagnostics } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import { own } from '../lib/record.ts'

/** The contact of this process to a log of revocations. */
export interface LogContact {
  /** A follower begins. Contact before that does not count, because the process did not read the log meanwhile. */
  readonly start: () => void
  /** Every record of the log is known. */
  readonly noteCaughtUp: () => void
  /** A read brought a part of the records. More follow. */
  readonly notePart: () => void
  readonly noteFailure: (error: unknown) => void
  readonly state: () => 'current' | 'catching-up' | 'silent'
  /** Milliseconds since the epoch. `undefined` before the first catch-up. */
  readonly last: () => number | undefined
  /** Resolves when the first catch-up has ended, with all records or with a failure. */
  readonly attempted: () => Promise<void>
  /** Ends the wait for the first catch-up. */
  readonly stop: () => void
}

/** A moment by the clock of the application, and by the time since the start of the process. */
interface Moment {
  readonly clock: number
  readonly steady: number
}

export function createLogContact(clock: Clock, maxSilence: number): LogContact {
  const now = (): Moment => ({ clock: clock(), steady: performance.now() })
  let startedAt = now()
  let lastAt: Moment | undefined
  let isReportedSilent = false
  let attempt = Promise.withResolvers<void>()

  function state(): ReturnType<LogContact['state']> {
    // A clock that was set back must not hide the silence, and the other time stands still while a machine sleeps.
    const { clock: time, steady } = lastAt ?? startedAt
    const age = Math.max(clock() - time, performance.now() - steady)
    if (!(age <= maxSilence)) {
      return 'silent'
    }
    return lastAt === undefined ? 'catching-up' : 'current'
  }

  function reportSilence(): void {
    if (!isReportedSilent && state() === 'silent') {
      isReportedSilent = true
      diagnostics.revocation.publish({ event: 'silent', count: 0 })
    }
  }

  return {
    start: () => {
      startedAt = now()
      lastAt = undefined
      isReportedSilent = false
      attempt = Promise.withResolvers()
    },
    noteCaughtUp: () => {
      lastAt = now()
      attempt.resolve()
      if (isReportedSilent) {
        isReportedSilent = false
        diagnostics.revocation.publish({ event: 'recovered', count: 0 })
      }
    },
    notePart: reportSilence,
    noteFailure: (error) => {
      attempt.resolve()
      diagnostics.revocation.publish({ event: 'failed', count: 0, error: labelOf(error) })
      reportSilence()
    },
    state,
    last: () => lastAt?.clock,
    attempted: () => attempt.promise,
    stop: () => attempt.resolve(),
  }
}

/** A log of the application may throw anything, and may put a record into the message of its error. */
function labelOf(error: unknown): string {
  const code = own(error, 'code')
  const name = error instanceof Error ? error.name : typeof error
  return typeof code === 'string' ? code : name
}
