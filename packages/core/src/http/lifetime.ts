import type { Clock } from '../lib/clock.ts'

/** For how long a document may be used, in milliseconds since it was asked for. */
export interface Lifetime {
  /** When to look for a newer one, in the background. */
  readonly refreshAfter: number
  /** Until when it is used without having been asked about. */
  readonly freshFor: number
  /** Until when it is used while upstream fails. */
  readonly usableFor: number
}

const refreshAt = 0.8
const jitter = 0.05

/** Refreshed at 80 % of its freshness, ± 5 % of that, so that a fleet does not ask in step. */
export function lifetimeOf(freshFor: number, staleFor: number): Lifetime {
  const refreshAfter = freshFor * refreshAt * (1 - jitter + 2 * jitter * Math.random())
  return { refreshAfter, freshFor, usableFor: freshFor + staleFor }
}

/** The age of something in milliseconds. A clock that is set back makes it new, and not younger than that: it would live on too long. */
export interface Age {
  readonly now: (time?: number) => number
  /** The time of the clock at which it has that age. */
  readonly at: (age: number) => number
}

export function createAge(clock: Clock, since: number): Age {
  let start = since
  const now = (time = clock()): number => {
    // Written only when it changes: V8 would make a new number of it each time.
    if (time < start) {
      start = time
    }
    return time - start
  }
  return { now, at: (age) => start + age }
}
