import { clearTimeout, setTimeout } from 'node:timers'
import { own } from '../lib/record.ts'
import type { ReadRevocations, Revocations } from './revocations.ts'

/** Milliseconds. A read may take so much longer than it waits for a record. */
const readMargin = 1500

/**
 * Reads a log once, within a deadline. The log is code of the application: it may hang, throw, or return anything. A
 * record that is no text is `undefined`. Does NOT keep the process alive.
 */
export async function readRevocations(
  log: Revocations,
  position: string | undefined,
  waitFor: number,
  signal: AbortSignal,
): Promise<ReadRevocations> {
  const ending = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (): void => {
    ending.abort()
    reject(Object.assign(new Error('The log did not respond in time'), { code: 'too-late' }))
  }
  const timer = setTimeout(end, waitFor + readMargin).unref()
  signal.addEventListener('abort', end)
  try {
    return expectRead(await Promise.race([log.read(position, waitFor, ending.signal), ended]))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function expectRead(result: unknown): ReadRevocations {
  const records = own(result, 'records')
  const position = own(result, 'position')
  if (!Array.isArray(records) || (position !== undefined && typeof position !== 'string')) {
    throw Object.assign(new Error('The log did not return records and a position'), { code: 'malformed' })
  }
  return { records: Array.from(records, (record) => (typeof record === 'string' ? record : undefined)), position }
}
