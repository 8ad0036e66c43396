// Fake timers of a test replace the global `performance`.
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { expectOptions } from '../lib/invalid-option.ts'
import {
  expectRevocationsOptions,
  keepMargin,
  pageSize,
  type ReadRevocations,
  type Revocations,
  type RevocationsOptions,
} from './revocations.ts'

/**
 * A log of revocations in the memory of one process, which its validators can share. It never fails, and so it is never
 * silent. The log has no limit of its own: it grows until `keepFor` is over, by about 100 bytes a revocation.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function memoryRevocations(options: Pick<RevocationsOptions, 'keepFor'> = {}): Revocations {
  const settings = expectRevocationsOptions(expectOptions(options, 'the options of memoryRevocations', ['keepFor']))
  const records: string[] = []
  /** Milliseconds: when each record was published. */
  const times: number[] = []
  const waiting = new Set<() => void>()
  /** The number of records that were removed because they are old. */
  let removed = 0

  function removeOld(now: number): void {
    const first = times.findIndex((time) => time > now - settings.keepFor - keepMargin)
    const old = first === -1 ? times.length : first
    times.splice(0, old)
    removed += records.splice(0, old).length
  }

  function after(position: string | undefined): ReadRevocations {
    const first = Math.max(Number(position ?? 0) - removed, 0)
    const found = records.slice(first, first + pageSize)
    return { records: found, position: String(removed + first + found.length) }
  }

  /** Leaves nothing behind: an idle process waits a thousand times an hour. */
  async function waitForRecord(waitFor: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, waitFor).unref()
    const abort = (): void => resolve()
    waiting.add(resolve)
    signal.addEventListener('abort', abort)
    if (signal.aborted) {
      resolve()
    }
    await promise
    clearTimeout(timer)
    waiting.delete(resolve)
    signal.removeEventListener('abort', abort)
  }

  return {
    ...settings,
    publish: async (record) => {
      const now = performance.now()
      removeOld(now)
      records.push(record)
      times.push(now)
      waiting.forEach((wake) => wake())
    },
    read: async (position, waitFor, signal) => {
      const found = after(position)
      if (found.records.length === 0 && waitFor > 0) {
        await waitForRecord(waitFor, signal)
        return after(position)
      }
      return found
    },
  }
}
