import { UpstreamError } from '../responses/unavailable.ts'

/** `known`: calls about tokens that were active before. Half of the room is reserved for them. `unknown`: all other calls. */
export type Lane = 'known' | 'unknown'

/** Bounds the calls to one upstream that run and wait, so that a stuck upstream uses a bounded part of the process. */
export interface Bulkhead {
  /** Does the work when there is room. Rejects with an `UpstreamError` when there is none, or when the wait takes too long. */
  readonly run: <Result>(lane: Lane, work: () => Promise<Result>) => Promise<Result>
}

export interface BulkheadOptions {
  /** The maximum of calls that run at once. */
  readonly maxRunning: number
  /** The maximum of calls that run or wait. */
  readonly maxCalls: number
  /** The maximum wait of a call, in milliseconds. */
  readonly maxWait: number
}

interface WaitingCall {
  readonly start: () => void
}

export function createBulkhead({ maxRunning, maxCalls, maxWait }: BulkheadOptions): Bulkhead {
  const running = { known: 0, unknown: 0 }
  const waiting = { known: new Set<WaitingCall>(), unknown: new Set<WaitingCall>() }

  function mayRun(lane: Lane): boolean {
    const isWithinHalf = lane === 'known' || running.unknown < maxRunning / 2
    return isWithinHalf && running.known + running.unknown < maxRunning
  }

  function hasRoom(lane: Lane): boolean {
    const calls = { known: running.known + waiting.known.size, unknown: running.unknown + waiting.unknown.size }
    return calls.known + calls.unknown < maxCalls && (lane === 'known' || calls.unknown < maxCalls / 2)
  }

  /** Calls about known tokens start first. */
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

  function waitForTurn(lane: Lane): Promise<void> {
    return new Promise((resolve, reject) => {
      const call: WaitingCall = {
        start: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        waiting[lane].delete(call)
        reject(overloaded())
      }, maxWait).unref()
      waiting[lane].add(call)
    })
  }

  async function run<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result> {
    if (!hasRoom(lane)) {
      throw overloaded()
    }
    if (mayRun(lane)) {
      running[lane] += 1
    } else {
      await waitForTurn(lane)
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
  return new UpstreamError({ reason: 'overloaded', message: 'Too many calls to this server are under way' })
}
