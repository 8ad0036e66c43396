/** A fleet on paper. Times are in seconds. */
export interface FleetModel {
  readonly processes: number
  readonly tokensPerDay: number
  /** How long a client uses a token. */
  readonly lifetime: number
  /** The requests with one token, spread over its lifetime and over all processes. */
  readonly requestsPerToken: number
  readonly cacheFor: number
}

/** What one token costs the fleet, on average. */
export interface CostPerToken {
  /** Calls to the authorization server. */
  readonly introspections: number
  /** Requests that this process alone could not serve. Each one is a GET. */
  readonly reads: number
  /** Commands to Redis: a GET for each read, and four commands around each call. */
  readonly commands: number
}

/** The commands of an elected process: it takes the lease, looks again, and writes. */
const commandsPerCall = 3

/**
 * Requests with one token come at random times. A result serves for `cacheFor`, and the next request after it causes
 * the next call. The first request of a process needs Redis, and so does each one after the end of the result.
 */
export function costPerToken(model: FleetModel): CostPerToken {
  const introspections = cycles(model.requestsPerToken, model)
  // Each process keeps the result until it ends for all: `cacheFor` after the call, and not after the read.
  const requestsPerCycle = model.requestsPerToken / introspections
  const readsPerCycle = 1 + distinct(requestsPerCycle - 1, model.processes)
  const reads = introspections * Math.min(requestsPerCycle, readsPerCycle)
  return { introspections, reads, commands: reads + commandsPerCall * introspections }
}

/** The calls for a token whose requests are independent of each other: a renewal process. */
function cycles(requests: number, { lifetime, cacheFor }: FleetModel): number {
  const gap = lifetime / requests
  return Math.min(requests, Math.max(1, (lifetime + cacheFor / 2) / (cacheFor + gap)))
}

/** How many of the processes get at least one of so many requests. */
function distinct(requests: number, processes: number): number {
  return processes * (1 - (1 - 1 / processes) ** Math.max(0, requests))
}
