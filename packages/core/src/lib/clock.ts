import { expectFunction, invalidOption } from './invalid-option.ts'

/** Returns the time in milliseconds since the epoch, as `Date.now` does. Validation and all caches use one clock. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Checks that a function returns milliseconds. */
export function expectClock(clock: Clock): Clock {
  expectFunction(clock, 'clock')
  const now = clock()
  const looksLikeSeconds = now > 1e9 && now < 1e10
  if (!Number.isFinite(now) || looksLikeSeconds) {
    throw invalidOption('Expected `clock` to return milliseconds since the epoch, as Date.now does')
  }
  return clock
}
