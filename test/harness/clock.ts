import { onTestFinished, vi } from 'vitest'
import { T0 } from './constants.ts'

/** The time of a test. It stands still until the test advances it. */
export interface TestClock {
  /** Milliseconds since the epoch, as the option `clock` of a validator returns them. */
  readonly now: () => number
  /** Moves the time. Each deadline that is due on the way fires at its own moment. */
  readonly advance: (seconds: number) => Promise<void>
}

interface Deadline {
  readonly at: number
  readonly abort: AbortController
}

/**
 * Starts a clock at `T0`. Until the test ends, it also replaces the deadlines of the code under test. Then `AbortSignal.timeout` fires
 * when the test advances the clock, and not by real time. Timers of `setTimeout` stay real.
 */
export function openTestClock(): TestClock {
  let now = T0 * 1000
  let deadlines: readonly Deadline[] = []
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const abort = new AbortController()
    deadlines = [...deadlines, { at: now + milliseconds, abort }]
    return abort.signal
  })
  onTestFinished(() => timeout.mockRestore())

  function takeDue(end: number): Deadline | undefined {
    const [next] = deadlines.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)
    deadlines = deadlines.filter((deadline) => deadline !== next)
    return next
  }

  return {
    now: () => now,
    advance: async (seconds) => {
      const end = now + Math.round(seconds * 1000)
      for (let next = takeDue(end); next !== undefined; next = takeDue(end)) {
        now = Math.max(now, next.at)
        next.abort.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
        await settle()
      }
      now = end
      await settle()
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
