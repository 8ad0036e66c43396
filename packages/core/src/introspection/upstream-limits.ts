import { diagnostics } from '../diagnostics/channels.ts'
import type { IntrospectionHealth } from '../diagnostics/health.ts'
import type { BreakerMessage } from '../diagnostics/messages.ts'
import { backoffAfter } from '../http/backoff.ts'
import { createBulkhead } from '../http/bulkhead.ts'
import { type CircuitBreaker, createCircuitBreaker } from '../http/circuit-breaker.ts'
import type { Network } from '../http/network.ts'
import { own } from '../lib/record.ts'
import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'

/** `'known'`: calls about tokens that were active before. `'unknown'`: calls about all other tokens. */
export type Lane = BreakerMessage['lane']

/** Bounds the calls to one introspection endpoint, and stops them for a while when it fails repeatedly. */
export interface UpstreamLimits {
  /** Does the work, or rejects with an `UpstreamError` without doing it. */
  readonly run: <Result>(lane: Lane, work: () => Promise<Result>) => Promise<Result>
  readonly health: () => IntrospectionHealth['circuits']
}

/** 192 calls that time out after three seconds are 64 calls a second. Only a higher rate of tokens fills the lane. */
const policies = {
  known: { maxRunning: 128, probes: 1, waitAfter: backoffAfter, closedAfterSuccess: 0 },
  unknown: { maxRunning: 192, probes: 10, waitAfter: () => backoffAfter(1), closedAfterSuccess: 10_000 },
}
const maxPresent = 1024

/**
 * Each lane has its own room and its own circuit, so that strangers take nothing from good tokens. The circuit of known
 * tokens counts their failures only. The circuit of unknown tokens counts these too, because an endpoint that fails for
 * good tokens fails for all. Failures about unknown tokens count there if no token causes them. A call waits at most
 * `maxWait` milliseconds for its turn.
 */
export function createUpstreamLimits({ clock, label: issuer }: Network, maxWait: number): UpstreamLimits {
  const circuitOf = (lane: Lane): CircuitBreaker =>
    createCircuitBreaker(policies[lane], clock, (state) => diagnostics.breaker.publish({ issuer, lane, state }))
  const circuits = { known: circuitOf('known'), unknown: circuitOf('unknown') }
  const bulkheads = {
    known: createBulkhead({ ...policies.known, maxPresent, maxWait }),
    unknown: createBulkhead({ ...policies.unknown, maxPresent, maxWait }),
  }

  function succeeded(): void {
    circuits.known.succeeded()
    circuits.unknown.succeeded()
  }

  function failed(lane: Lane, error: UpstreamError): void {
    if (lane === 'unknown') {
      if (isOutageForAll(error)) {
        circuits.unknown.failed(error)
      }
    } else if (outages.has(error.reason)) {
      circuits.known.failed(error)
      circuits.unknown.failed(error)
    } else if (!notSent.has(error.reason)) {
      succeeded()
    }
  }

  return {
    run: async (lane, work) => {
      const circuit = circuits[lane]
      circuit.expectPassage()
      return bulkheads[lane](async () => {
        circuit.pass()
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
      })
    },
    health: () => ({ known: circuits.known.health(), unknown: circuits.unknown.health() }),
  }
}

/** The endpoint received no request. */
const notSent: ReadonlySet<UpstreamReason> = new Set(['backing-off', 'closing', 'insecure-endpoint'])

const outages: ReadonlySet<UpstreamReason> = new Set(['network', 'timeout', 'credentials-refused', 'upstream-error'])

/**
 * Whether a failure about an unknown token says something about other tokens. A stranger chooses the token. A firewall
 * may respond to it with any status, or end the connection, and a slow look-up of it may cause a timeout. The room of
 * the lane bounds the cost of timeouts. No token prevents the connection.
 */
function isOutageForAll({ reason, cause }: UpstreamError): boolean {
  const isUnconnected = reason === 'network' && !brokenConnection.has(own(cause, 'code'))
  const areCredentialsRefused = reason === 'credentials-refused' && !(cause instanceof UpstreamError)
  return isUnconnected || areCredentialsRefused
}

const brokenConnection: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
