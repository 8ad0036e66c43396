import { clearTimeout, setTimeout } from 'node:timers'
import { own } from '../lib/record.ts'
import type { ReadRevocations, Revocations } from './revocations.ts'

// The log is code of the application: it may hang, throw, or return anything.

/** Milliseconds. A read may take so much longer than it waits for a record. */
const readMargin = 1500
/** Milliseconds. A publication that takes longer has failed. */
const publishDeadline = 2000

/** Publishes a record within a deadline. The process does not end meanwhile, because the caller waits. */
export async function publishRecord(log: Revocations, record: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(tooLate()), publishDeadline)
  try {
    await Promise.race([log.publish(record), promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Reads a log once within a deadline. A record that is no text is `undefined`. Does NOT keep the process alive. */
export async function readRecords(
  log: Revocations,
  position: string | undefined,
  waitFor: number,
  signal: AbortSignal,
): Promise<ReadRevocations> {
  const ending = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (): void => {
    ending.abort()
    reject(tooLate())
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

function tooLate(): Error {
  return Object.assign(new Error('The log did not respond in time'), { code: 'too-late' })
}

function expectRead(result: unknown): ReadRevocations {
  const records = own(result, 'records')
  const position = own(result, 'position')
  if (!Array.isArray(records) || (position !== undefined && typeof position !== 'string')) {
    throw Object.assign(new Error('The log did not return records and a position'), { code: 'malformed' })
  }
  return { records: Array.from(records, (record) => (typeof record === 'string' ? record : undefined)), position }
}
