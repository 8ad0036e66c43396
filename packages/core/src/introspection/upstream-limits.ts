import { diagnostics } from '../diagnostics/channels.ts'
import type { CircuitHealth, CircuitsHealth } from '../diagnostics/health.ts'
import { backoffAfter } from '../http/backoff.ts'
import { createBulkhead, type Lane } from '../http/bulkhead.ts'
import { createCircuitBreaker } from '../http/circuit-breaker.ts'
import type { Clock } from '../lib/clock.ts'
import { own } from '../lib/record.ts'
import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'

/** Bounds the calls to one introspection endpoint, and stops them for a while when it fails repeatedly. */
export interface UpstreamLimits {
  /** Does the work, or rejects with an `UpstreamError` without doing it. */
  readonly run: <Result>(lane: Lane, work: () => Promise<Result>) => Promise<Result>
  readonly health: () => CircuitsHealth
}

export interface UpstreamLimitsOptions {
  readonly clock: Clock
  /** The maximum wait of a call for its turn, in milliseconds. */
  readonly maxWait: number
  /** The name of the issuer in diagnostics. */
  readonly label: string
}

/** 192 calls that take three seconds each are 64 calls a second: fewer strangers than that cannot fill the room with calls that time out. */
const maxRunning = { known: 128, unknown: 192 }
const maxPresent = { known: 1024, unknown: 1024 }

/**
 * Each lane has its own circuit. The circuit of known tokens counts their failures only. The circuit of unknown tokens counts these
 * too, because an endpoint that fails for good tokens fails for all. Failures about unknown tokens count there if no token causes them.
 */
export function createUpstreamLimits({ clock, maxWait, label: issuer }: UpstreamLimitsOptions): UpstreamLimits {
  const bulkhead = createBulkhead({ maxRunning, maxPresent, maxWait })
  const onChange = (lane: Lane) => (state: CircuitHealth['state']) =>
    diagnostics.breaker.publish({ issuer, lane, state })
  const known = createCircuitBreaker({
    clock,
    probes: 1,
    waitAfter: backoffAfter,
    closedAfterSuccess: 0,
    onChange: onChange('known'),
  })
  const unknown = createCircuitBreaker({
    clock,
    probes: 10,
    waitAfter: () => backoffAfter(1),
    closedAfterSuccess: 10_000,
    onChange: onChange('unknown'),
  })
  const circuits = { known, unknown }

  function succeeded(): void {
    known.succeeded()
    unknown.succeeded()
  }

  function failed(lane: Lane, error: UpstreamError): void {
    if (notSent.has(error.reason)) {
      return
    }
    if (lane === 'known') {
      if (outages.has(error.reason)) {
        known.failed(error)
        unknown.failed(error)
      } else {
        succeeded()
      }
    } else if (isOutageForAll(error)) {
      unknown.failed(error)
    }
  }

  async function call<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result> {
    circuits[lane].admit()
    try {
      const result = await work()
      succeeded()
      return result
    } catch (error) {
      if (error instanceof UpstreamError) {
        failed(lane, error)
      }
      throw error
    }
  }

  return {
    run: async (lane, work) => {
      circuits[lane].expectPassage()
      return bulkhead.run(lane, () => call(lane, work))
    },
    health: () => ({ known: known.health(), unknown: unknown.health() }),
  }
}

/** The endpoint received no request. */
const notSent: ReadonlySet<UpstreamReason> = new Set(['backing-off', 'closing', 'insecure-endpoint'])

const outages: ReadonlySet<UpstreamReason> = new Set(['network', 'timeout', 'credentials-refused', 'upstream-error'])

/**
 * Whether a failure about an unknown token says something about other tokens. A stranger chooses the token. A firewall may respond to it with
 * any status, or end the connection. Such failures come at once and cost little. No token prevents the connection. A token may cause a
 * timeout, but many timeouts cost too much.
 */
function isOutageForAll(error: UpstreamError): boolean {
  switch (error.reason) {
    case 'timeout':
      return true
    case 'network':
      return !brokenConnection.has(own(error.cause, 'code'))
    case 'credentials-refused':
      return !(error.cause instanceof UpstreamError)
    default:
      return false
  }
}

const brokenConnection: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
