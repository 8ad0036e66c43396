import { memoryRevocations, type Revocations } from '@tollgate/core'

/** A log whose reads a test can disturb at any time. */
export interface BadLog extends Revocations {
  /** Replaces the reads. `undefined`: they work. */
  disturb: Revocations['read'] | undefined
  /** When each read began, in milliseconds. */
  readonly reads: readonly number[]
  /** The same records, without the disturbance: the log of another process. */
  readonly good: Revocations
}

export function badLog(settings: Partial<Revocations> = {}): BadLog {
  const good = memoryRevocations()
  const reads: number[] = []
  const log: BadLog = {
    ...good,
    maxSilence: 1000,
    ...settings,
    disturb: undefined,
    reads,
    good: { ...good },
    read: (...args) => {
      reads.push(performance.now())
      return log.disturb === undefined ? good.read(...args) : log.disturb(...args)
    },
  }
  return log
}

const never = new Promise<never>(() => undefined)

/** Reads that fail, each in its own way. */
export const disturbances: Readonly<Record<string, Revocations['read']>> = {
  rejects: () => Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })),
  // oxlint-disable-next-line prefer-promise-reject-errors
  'rejects with nothing': () => Promise.reject(undefined),
  // oxlint-disable-next-line prefer-promise-reject-errors
  'rejects with null': () => Promise.reject(null),
  'throws at once': () => {
    throw new Error('secret')
  },
  hangs: () => never,
  'hangs until the signal aborts': (_position, _waitFor, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    }),
  'returns nothing': () => Promise.resolve(undefined as never),
  'returns null': () => Promise.resolve(null as never),
  'returns no promise': () => 1 as never,
  'returns a text': () => Promise.resolve('records' as never),
  'returns no list': async (position) => ({ records: 'x' as never, position }),
  'returns a list without records': async (position) => ({ records: { length: 3 } as never, position }),
  'returns a position that is a number': async () => ({ records: [], position: 7 as never }),
  'returns full pages, and never a new position': async (position) => ({
    records: Array.from({ length: 1000 }, () => undefined),
    position,
  }),
}
