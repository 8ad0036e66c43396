import { diagnostics } from '../diagnostics/channels.ts'
import type { CacheMessage } from '../diagnostics/messages.ts'
import { withDeadline } from '../lib/deadline.ts'
import { startPatientTimer } from '../lib/patient-timer.ts'
import { own } from '../lib/record.ts'

/** Milliseconds. A call that takes longer counts as failed. */
export const callDeadline = 250
/** Calls of each operation that have not ended. */
const maxCalls = 1024

const tooLate = (): Error => Object.assign(new Error('The cache did not respond in time'), { code: 'too-late' })

export type Operation = CacheMessage['operation']

/**
 * Calls the cache of the application. Resolves with `undefined` when the call fails or takes too long, or when too many
 * others are under way.
 */
export type Attempt = (
  operation: Operation,
  call: () => Promise<unknown>,
) => Promise<{ readonly value: unknown } | undefined>

export function createAttempt(): Attempt {
  const underWay = { get: 0, set: 0, delete: 0, lease: 0, renew: 0, release: 0 }

  return async (operation, call) => {
    if (underWay[operation] >= maxCalls) {
      reportFailure(operation, 'overloaded')
      return undefined
    }
    underWay[operation] += 1
    const work = call().finally(() => (underWay[operation] -= 1))
    const deadline = new AbortController()
    const cancel = startPatientTimer(callDeadline, () => deadline.abort())
    try {
      return { value: await withDeadline(work, deadline.signal, tooLate) }
    } catch (error) {
      // A cache of the application may throw anything, and may put the value into the message of its error.
      const name = error instanceof Error ? error.name : typeof error
      const code = own(error, 'code')
      reportFailure(operation, typeof code === 'string' ? code : name)
      return undefined
    } finally {
      cancel()
    }
  }
}

export function reportFailure(operation: Operation, error: string): void {
  diagnostics.cache.publish({ cache: 'shared', operation, outcome: 'failed', error })
}
