// Fake timers of a test replace the global functions.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

const ticks = 5

/**
 * Calls back after so many milliseconds, for the deadline of a fast server. A blocked event loop delays the response of
 * the server as well as the timer. Therefore a delay counts as a fifth of the time at most, and a response that has
 * arrived comes before the end. Returns a function that cancels. The timer does not keep the process alive.
 */
export function startPatientTimer(milliseconds: number, ended: () => void): () => void {
  let left = ticks
  let isCancelled = false
  let timer = setTimeout(tick, milliseconds / ticks).unref()

  function tick(): void {
    left -= 1
    if (left > 0) {
      timer = setTimeout(tick, milliseconds / ticks).unref()
    } else {
      // Not `unref`: an idle event loop would sleep until something else wakes it.
      setImmediate(() => (isCancelled ? undefined : ended()))
    }
  }

  return () => {
    isCancelled = true
    clearTimeout(timer)
  }
}
