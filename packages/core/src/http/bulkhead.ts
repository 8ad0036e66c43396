import { UpstreamError } from '../responses/unavailable.ts'

/** Does the work when there is room. Rejects with an `UpstreamError` when there is none, or none comes in time. */
export type Bulkhead = <Result>(work: () => Promise<Result>) => Promise<Result>

/**
 * Bounds the calls that run at the same time, and those that run or wait. A call waits at most `maxWait` milliseconds.
 */
export function createBulkhead(limits: Readonly<Record<'maxRunning' | 'maxPresent' | 'maxWait', number>>): Bulkhead {
  const waiting = new Set<() => void>()
  let running = 0

  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        clearTimeout(timer)
        waiting.delete(start)
        running += 1
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(start)
        reject(overloaded())
      }, limits.maxWait).unref()
      waiting.add(start)
    })
  }

  return async (work) => {
    if (running + waiting.size >= limits.maxPresent) {
      throw overloaded()
    }
    if (running < limits.maxRunning) {
      running += 1
    } else {
      await turn()
    }
    try {
      return await work()
    } finally {
      running -= 1
      const [startNext] = waiting
      startNext?.()
    }
  }
}

function overloaded(): UpstreamError {
  return new UpstreamError({ reason: 'overloaded', message: 'Too many calls to this server are under way already' })
}
