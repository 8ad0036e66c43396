import { UpstreamError } from '../responses/unavailable.ts'

/** Whether what asks has proved its worth before; half the room is kept for those that have. */
export type Lane = 'known' | 'unknown'

/** Bounds how many calls to one upstream run and wait, so that one that is stuck holds no more of us than that. */
export interface Bulkhead {
  /** Does the work when there is room; an `UpstreamError` when there is none, or none was found in time. */
  readonly run: <Result>(lane: Lane, work: () => Promise<Result>) => Promise<Result>
}

export interface BulkheadOptions {
  /** How many calls may run at once. */
  readonly running: number
  /** How many calls may run and wait. */
  readonly room: number
  /** Milliseconds for which a call may wait. */
  readonly patience: number
}

interface Waiting {
  readonly start: () => void
}

export function createBulkhead({ running: mostRunning, room, patience }: BulkheadOptions): Bulkhead {
  const running = { known: 0, unknown: 0 }
  const waiting = { known: new Set<Waiting>(), unknown: new Set<Waiting>() }

  function mayRun(lane: Lane): boolean {
    const isWithinHalf = lane === 'known' || running.unknown < mostRunning / 2
    return isWithinHalf && running.known + running.unknown < mostRunning
  }

  function hasRoom(lane: Lane): boolean {
    const held = { known: running.known + waiting.known.size, unknown: running.unknown + waiting.unknown.size }
    return held.known + held.unknown < room && (lane === 'known' || held.unknown < room / 2)
  }

  /** Those that are known go first. */
  function startNext(): void {
    for (const lane of ['known', 'unknown'] as const) {
      const [next] = waiting[lane]
      if (next !== undefined && mayRun(lane)) {
        waiting[lane].delete(next)
        running[lane] += 1
        next.start()
        return
      }
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
      }, patience).unref()
      waiting[lane].add(place)
    })
  }

  async function run<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result> {
    if (!hasRoom(lane)) {
      throw overloaded()
    }
    if (mayRun(lane)) {
      running[lane] += 1
    } else {
      await turn(lane)
    }
    try {
      return await work()
    } finally {
      running[lane] -= 1
      startNext()
    }
  }

  return { run }
}

function overloaded(): UpstreamError {
  return new UpstreamError({ reason: 'overloaded', message: 'Too many calls to this server are under way already' })
}
