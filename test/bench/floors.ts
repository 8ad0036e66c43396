import { frameworks, peersOf, tollgateBefore } from './http.ts'
import { type Estimate, estimate, type Measurement } from './measurements.ts'
import { inProcess } from './in-process.ts'
import { startUp } from './start-up.ts'

/** A limit for the figure of Tollgate, or for that figure divided by the figure of another contender. */
export interface Floor {
  readonly setting: string
  readonly dividedBy?: string
  readonly atLeast?: number
  readonly atMost?: number
}

/** A run that misses one of these floors fails. */
export const floors: readonly Floor[] = [
  ...peersOf('Express 5').map((dividedBy) => ({ setting: 'Express 5, warm, req/s', dividedBy, atLeast: 1.5 })),
  ...peersOf('Koa 3').map((dividedBy) => ({ setting: 'Koa 3, warm, req/s', dividedBy, atLeast: 2 })),
  ...peersOf('Fastify 5').map((dividedBy) => ({ setting: 'Fastify 5, warm, req/s', dividedBy, atLeast: 2 })),
  ...frameworks.flatMap((framework) => [
    { setting: `${framework}, warm, req/s`, dividedBy: tollgateBefore, atLeast: 1 },
    { setting: `${framework}, new tokens, req/s`, dividedBy: tollgateBefore, atLeast: 1 },
  ]),
  { setting: 'Express 5, new tokens, req/s', dividedBy: 'express-oauth2-jwt-bearer', atLeast: 1 },
  { setting: 'Express 5, new tokens, req/s', dividedBy: 'jose by hand', atLeast: 1 },
  { setting: startUp, dividedBy: 'jose', atMost: 1.25 },
  { setting: inProcess.calls, atMost: 100 },
  { setting: inProcess.burst, atMost: 1 },
  { setting: inProcess.hanging, atMost: 3.5 },
  { setting: 'Express 5, warm, req/s', dividedBy: 'Tollgate, opaque tokens', atMost: 1.1 },
]

/** A miss `within noise` does not fail the run, because the run cannot distinguish it from a hit. */
export interface FloorResult {
  readonly floor: Floor
  readonly measured?: Estimate
  readonly result: 'met' | 'within noise' | 'missed' | 'not measured'
}

export function checkFloor(floor: Floor, all: readonly Measurement[]): FloorResult {
  const measured = estimate(all, floor.setting, 'Tollgate', floor.dividedBy)
  return measured === undefined
    ? { floor, result: 'not measured' }
    : { floor, measured, result: resultOf(floor, measured) }
}

function resultOf(
  { atLeast = -Infinity, atMost = Infinity }: Floor,
  { median, noise }: Estimate,
): FloorResult['result'] {
  if (median >= atLeast && median <= atMost) {
    return 'met'
  }
  return median + noise >= atLeast && median - noise <= atMost ? 'within noise' : 'missed'
}
