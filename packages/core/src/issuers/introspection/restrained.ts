import type { Clock } from '../../clock.ts'
import { type Breaker, createBreaker } from '../../http/breaker.ts'
import { createBulkhead, type Lane } from '../../http/bulkhead.ts'
import { pauseAfter } from '../../http/pause.ts'
import { UpstreamError, type UpstreamReason } from '../../unavailable.ts'
import type { Answered } from './ask.ts'

/** Asks on behalf of a token that was active when it was last asked about, or of one that nobody knows. */
export type RestrainedAsk = (token: string, lane: Lane) => Promise<Answered>

/** What else goes wrong is an answer, be it one of no use, and due to the token perhaps: no reason to leave the server alone. */
const failingAfter: ReadonlySet<UpstreamReason> = new Set([
  'network',
  'timeout',
  'credentials-refused',
  'upstream-error',
])

/**
 * Asks with restraint: so many at once and no more, and none at all for a while when it keeps failing. Tokens that were active
 * before have room and a breaker of their own, so that made-up ones, at which a server or what stands before it may stumble,
 * cannot lock them out. Among tokens that nobody knows the rests are short, and one failure is not enough for the next.
 */
export function restrained(ask: (token: string) => Promise<Answered>, clock: Clock, patience: number): RestrainedAsk {
  const bulkhead = createBulkhead({ running: 128, room: 2048, patience })
  const breakers: Readonly<Record<Lane, Breaker>> = {
    known: createBreaker({ clock, turns: 1, pauseAfter }),
    unknown: createBreaker({ clock, turns: 5, pauseAfter: () => pauseAfter(1) }),
  }
  const both = Object.values(breakers)

  function report(lane: Lane, error: unknown, eras: Readonly<Record<Lane, number>>): void {
    if (!(error instanceof UpstreamError) || error.reason === 'backing-off') {
      breakers[lane].abandoned(eras[lane])
    } else if (failingAfter.has(error.reason)) {
      breakers.unknown.failed(error, eras.unknown)
      // When good tokens fail, so would any other; of others it says nothing.
      if (lane === 'known') {
        breakers.known.failed(error, eras.known)
      }
    } else {
      both.forEach((breaker) => breaker.succeeded())
    }
  }

  async function call(token: string, lane: Lane): Promise<Answered> {
    breakers[lane].admit()
    const eras = { known: breakers.known.era(), unknown: breakers.unknown.era() }
    try {
      const answered = await ask(token)
      both.forEach((breaker) => breaker.succeeded())
      return answered
    } catch (error) {
      report(lane, error, eras)
      throw error
    }
  }

  return async (token, lane) => {
    breakers[lane].expectAwake()
    return bulkhead.run(lane, () => call(token, lane))
  }
}
