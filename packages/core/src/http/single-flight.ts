import type { Clock } from '../lib/clock.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { longestPause, pauseAfter, timeUntil } from './backoff.ts'

/** Why something is loaded: because what is kept is missing or old, or because somebody needs what is newer than any attempt that began before. */
export type Errand = 'refresh' | 'renewal'

/** Attempts to load something: one on each errand at a time, which all share who need it, and after a failure a pause for all. */
export interface Flights<Result> {
  /** Joins an attempt on this errand, or starts one; rejects with an `UpstreamError` during a pause. */
  readonly join: (errand: Errand) => Promise<Result>
  readonly underWay: (errand: Errand) => Promise<Result> | undefined
  /** How many milliseconds of the pause after a failure are left. */
  readonly pause: () => number
  /** Whether the last attempt failed, and its pause ended less than 30 s ago. */
  readonly hasJustFailed: () => boolean
  /** What the last attempt failed with; `undefined` when it did not. */
  readonly lastFailure: () => { readonly error: unknown } | undefined
}

export interface FlightsOptions<Loaded, Result> {
  readonly clock: Clock
  readonly load: (errand: Errand) => Promise<Loaded>
  /** Takes what an attempt has brought; `isNewest` is false when a later attempt has brought something before it. */
  readonly land: (loaded: Loaded, startedAt: number, isNewest: boolean) => Result
  readonly onFailure: (error: unknown) => void
  /** Called when an attempt is over, however it ended. */
  readonly onOver: () => void
}

export function createFlights<Loaded, Result>(options: FlightsOptions<Loaded, Result>): Flights<Result> {
  const { clock, load, land, onFailure, onOver } = options
  const flights: { [errand in Errand]?: Promise<Result> | undefined } = {}
  let takenOff = 0
  let newest = 0
  let failures = 0
  let countedTo = 0
  let lastFailure: unknown
  let retryAt = 0

  const pause = (): number => Math.max(0, timeUntil(retryAt, clock()))

  function join(errand: Errand): Promise<Result> {
    return flights[errand] ?? (pause() > 0 ? Promise.reject(pausing()) : takeOff(errand))
  }

  function takeOff(errand: Errand): Promise<Result> {
    const flight = fly(errand).finally(() => {
      flights[errand] = undefined
      onOver()
    })
    flights[errand] = flight
    return flight
  }

  async function fly(errand: Errand): Promise<Result> {
    // What has failed is tried by one at a time, and for all.
    await (failures > 0 && errand === 'renewal' ? flights.refresh : undefined)
    takenOff += 1
    const number = takenOff
    const startedAt = clock()
    try {
      const loaded = await load(errand)
      const isNewest = number > newest
      if (isNewest) {
        newest = number
        failures = 0
        retryAt = 0
      }
      return land(loaded, startedAt, isNewest)
    } catch (error) {
      onFailure(error)
      if (number > newest) {
        noteFailure(number, error)
      }
      throw error instanceof UpstreamError ? error.unlessLater(pause() / 1000) : error
    }
  }

  /** Those that were under way together have failed together. */
  function noteFailure(number: number, error: unknown): void {
    lastFailure = error
    if (number > countedTo) {
      countedTo = takenOff
      failures += 1
      retryAt = clock() + pauseAfter(failures)
    }
  }

  function pausing(): UpstreamError {
    const why = lastFailure instanceof Error ? lastFailure.message : 'no reason known'
    const message = `The last attempt failed (${why}), and the next one is not due yet`
    return new UpstreamError({ reason: 'backing-off', message, retryAfter: pause() / 1000, cause: lastFailure })
  }

  return {
    join,
    underWay: (errand) => flights[errand],
    pause,
    hasJustFailed: () => failures > 0 && clock() < retryAt + longestPause,
    lastFailure: () => (failures > 0 ? { error: lastFailure } : undefined),
  }
}
