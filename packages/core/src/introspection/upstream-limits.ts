import type { Clock } from '../lib/clock.ts'
import { diagnostics } from '../diagnostics/channels.ts'
import { type Breaker, type CircuitHealth, createBreaker } from '../http/circuit-breaker.ts'
import { createBulkhead, type Lane } from '../http/bulkhead.ts'
import { pauseAfter } from '../http/backoff.ts'
import type { CircuitState } from '../diagnostics/messages.ts'
import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'
import type { Answered } from './introspection-request.ts'

/** Nobody was asked: that says nothing of the server. */
const notAsked: ReadonlySet<UpstreamReason> = new Set(['backing-off', 'closing', 'insecure-endpoint'])

/** Asks on behalf of a token that was active when it was last asked about, or of one that nobody knows. */
export interface RestrainedAsk {
  (token: string, lane: Lane): Promise<Answered>
  readonly health: () => CircuitsHealth
}

/** Each lane has a circuit of its own. */
export type CircuitsHealth = Readonly<Record<Lane, CircuitHealth>>

export interface RestraintOptions {
  readonly clock: Clock
  /** How long a call may wait for its turn, in milliseconds. */
  readonly patience: number
  /** What diagnostics call the issuer. */
  readonly label: string
}

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
export function restrained(ask: (token: string) => Promise<Answered>, options: RestraintOptions): RestrainedAsk {
  const { clock, patience, label: issuer } = options
  const telling = (lane: Lane) => (state: CircuitState) => diagnostics.breaker.publish({ issuer, lane, state })
  const bulkhead = createBulkhead({ running: 128, room: 2048, patience })
  const breakers: Readonly<Record<Lane, Breaker>> = {
    known: createBreaker({ clock, turns: 1, pauseAfter, onChange: telling('known') }),
    unknown: createBreaker({ clock, turns: 5, pauseAfter: () => pauseAfter(1), onChange: telling('unknown') }),
  }
  const both = Object.values(breakers)

  function report(lane: Lane, error: unknown, eras: Readonly<Record<Lane, number>>): void {
    if (!(error instanceof UpstreamError) || notAsked.has(error.reason)) {
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

  async function askInTurn(token: string, lane: Lane): Promise<Answered> {
    breakers[lane].expectAwake()
    return bulkhead.run(lane, () => call(token, lane))
  }

  const health = (): CircuitsHealth => ({ known: breakers.known.health(), unknown: breakers.unknown.health() })
  return Object.assign(askInTurn, { health })
}
