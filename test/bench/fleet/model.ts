import { bytesPerRevocation, unitCosts } from './unit-costs.ts'

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
  /** Requests that this process alone could not serve. Each one is one command. */
  readonly reads: number
  /** Commands to Redis: a read for each request that needs Redis, and three commands around each call. */
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

/** What the whole fleet costs. */
export interface FleetCosts {
  readonly callsPerSecond: number
  readonly commandsPerSecond: number
  /** The memory of Redis for results, in bytes. */
  readonly resultBytes: number
  /** Of one process, for reading results: the part of a core. */
  readonly readCpu: number
  readonly revocationsPerSecond: number
  /** The memory of Redis for the log. */
  readonly logBytes: number
  /** The records that all processes read. */
  readonly recordsReadPerSecond: number
  /** Of one process, for all revocations that count. */
  readonly revocationBytes: number
  /** Seconds of CPU in which a new process reads the log. */
  readonly catchUp: number
}

const day = 86_400

/** `revoked` is the part of the tokens that is revoked, each by itself. A revocation is kept for a day. */
export function fleetCosts(model: FleetModel, revoked: number): FleetCosts {
  const { introspections, reads, commands } = costPerToken(model)
  const tokens = model.tokensPerDay / day
  const { bytesPerResult, bytesPerRecord, cpuPerRead, cpuPerRecord } = unitCosts
  const kept = model.tokensPerDay * revoked
  return {
    callsPerSecond: tokens * introspections,
    commandsPerSecond: tokens * commands,
    resultBytes: tokens * introspections * model.cacheFor * bytesPerResult,
    readCpu: (tokens * reads * cpuPerRead) / 1e6 / model.processes,
    revocationsPerSecond: tokens * revoked,
    logBytes: kept * bytesPerRecord,
    recordsReadPerSecond: tokens * revoked * model.processes,
    revocationBytes: kept * bytesPerRevocation,
    catchUp: (kept * cpuPerRecord) / 1e6,
  }
}
