import type { Clock } from '../../clock.ts'
import { type Breaker, createBreaker } from '../../http/breaker.ts'
import { createBulkhead, type Lane } from '../../http/bulkhead.ts'
import { UpstreamError, type UpstreamReason } from '../../unavailable.ts'
import type { Answered } from './ask.ts'

/** Asks on behalf of a token that was active when it was last asked about, or of one that nobody knows. */
export type RestrainedAsk = (token: string, lane: Lane) => Promise<Answered>

/** Nobody would fare better. */
const downAfter: ReadonlySet<UpstreamReason> = new Set(['network', 'timeout', 'credentials-refused'])
/** What else goes wrong is an answer, be it one of no use, and due to one token perhaps: no reason to leave the server alone. */
const failingAfter: ReadonlySet<UpstreamReason> = new Set([...downAfter, 'upstream-error'])

/**
 * Asks with restraint: so many at once and no more, and none at all for a while when it keeps failing. Tokens that were active
 * before have room and a breaker of their own, so that made-up ones cannot lock them out.
 */
export function restrained(ask: (token: string) => Promise<Answered>, clock: Clock, patience: number): RestrainedAsk {
  const bulkhead = createBulkhead({ running: 128, room: 2048, patience })
  const breakers: Readonly<Record<Lane, Breaker>> = { known: createBreaker(clock), unknown: createBreaker(clock) }
  const both = Object.values(breakers)

  function report(lane: Lane, error: unknown): void {
    if (!(error instanceof UpstreamError) || error.reason === 'backing-off') {
      breakers[lane].abandoned()
    } else if (failingAfter.has(error.reason)) {
      // A 5xx may be due to the token, and anybody can make one up.
      const affected = downAfter.has(error.reason) ? both : [breakers[lane]]
      affected.forEach((breaker) => breaker.failed(error))
    } else {
      both.forEach((breaker) => breaker.succeeded())
    }
  }

  async function call(token: string, lane: Lane): Promise<Answered> {
    breakers[lane].admit()
    try {
      const answered = await ask(token)
      both.forEach((breaker) => breaker.succeeded())
      return answered
    } catch (error) {
      report(lane, error)
      throw error
    }
  }

  return async (token, lane) => {
    breakers[lane].expectAwake()
    return bulkhead.run(lane, () => call(token, lane))
  }
}
