import { UpstreamError } from '../responses/unavailable.ts'

/** `'known'`: calls about tokens that were active before. `'unknown'`: calls about all other tokens. */
export type Lane = 'known' | 'unknown'

/** Bounds the calls to one upstream that run or wait at the same time. Each lane has its own room, so that strangers take none from good tokens. */
export interface Bulkhead {
  /** Does the work when there is room. Rejects with an `UpstreamError` when there is none, or none comes in time. */
  readonly run: <Result>(lane: Lane, work: () => Promise<Result>) => Promise<Result>
}

export interface BulkheadOptions {
  /** The number of calls of each lane that run at the same time. */
  readonly maxRunning: Readonly<Record<Lane, number>>
  /** The number of calls of each lane that run or wait. */
  readonly maxPresent: Readonly<Record<Lane, number>>
  /** The maximum wait of a call, in milliseconds. */
  readonly maxWait: number
}

interface Waiting {
  readonly start: () => void
}

export function createBulkhead({ maxRunning, maxPresent, maxWait }: BulkheadOptions): Bulkhead {
  const running = { known: 0, unknown: 0 }
  const waiting = { known: new Set<Waiting>(), unknown: new Set<Waiting>() }

  function startNext(lane: Lane): void {
    const [next] = waiting[lane]
    if (next !== undefined) {
      waiting[lane].delete(next)
      running[lane] += 1
      next.start()
    }
  }

  function turn(lane: Lane): Promise<void> {
    return new Promise((resolve, reject) => {
      const place: Waiting = {
        start: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        waiting[lane].delete(place)
        reject(overloaded())
      }, maxWait).unref()
      waiting[lane].add(place)
    })
  }

  async function run<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result> {
    if (running[lane] + waiting[lane].size >= maxPresent[lane]) {
      throw overloaded()
    }
    if (running[lane] < maxRunning[lane]) {
      running[lane] += 1
    } else {
      await turn(lane)
    }
    try {
      return await work()
    } finally {
      running[lane] -= 1
      startNext(lane)
    }
  }

  return { run }
}

function overloaded(): UpstreamError {
  return new UpstreamError({ reason: 'overloaded', message: 'Too many calls to this server are under way already' })
}
