import type { Clock } from '../lib/clock.ts'

/** Rings once at a time of the clock; a later setting replaces an earlier one. It does not keep the process alive. */
export interface Alarm {
  readonly set: (at: number) => void
  readonly clear: () => void
}

/** What a timer of Node can do, about 24 days: longer ones ring at once. */
const longest = 2 ** 31 - 1

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined

  return {
    set: (at) => {
      clearTimeout(timer)
      timer = setTimeout(ring, Math.min(longest, Math.max(1, Math.ceil(at - clock())))).unref()
    },
    clear: () => clearTimeout(timer),
  }
}
