import { setTimeout as sleep } from 'node:timers/promises'
import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import { createRevocationIndex, type RevocationIndex } from './revocation-index.ts'
import { formatRecord, parseRecord, type RevocationRecord } from './revocation-record.ts'
import type { ReadRevocations, Revocations } from './revocations.ts'

/** The revocations of one log, as this process knows them. All validators with this log share it. */
export interface RevocationFeed {
  readonly index: RevocationIndex
  readonly settings: Pick<Revocations, 'keepFor' | 'maxSilence' | 'whenSilent'>
  /** Applies the record here at once. Rejects when the log fails, or when no more revocations fit in here. */
  readonly publish: (record: RevocationRecord) => Promise<void>
  readonly state: () => FeedState
  /** Milliseconds since the epoch: the last contact to the log. `undefined` before the first catch-up. */
  readonly lastContact: () => number | undefined
  /** Follows the log until as many validators leave as have joined. */
  readonly join: () => void
  readonly leave: () => void
}

/**
 * `'current'`: every revocation of the log is known. `'catching-up'`: not yet, at the start. `'silent'`: no contact to
 * the log for `maxSilence`. `'full'`: there are more revocations than fit in here.
 */
export type FeedState = 'current' | 'catching-up' | 'silent' | 'full'

/** Milliseconds to wait after a failure: from the first to the last, doubled each time. */
const [firstPause, maxPause] = [250, 4000]
/** Milliseconds. A read may take so much longer than it waits for a record. */
const readMargin = 1500
/** Milliseconds. A publication that takes longer has failed. */
const publishDeadline = 2000

/** Records of this process that the log has not returned yet. */
const maxOwn = 1000

/** The feeds of this process, by their logs: two validators with one log must not read it twice. */
const feeds = new WeakMap<Revocations, RevocationFeed>()

export function revocationFeedOf(log: Revocations, clock: Clock): RevocationFeed {
  const feed = feeds.get(log) ?? createRevocationFeed(log, clock)
  feeds.set(log, feed)
  return feed
}

function createRevocationFeed(log: Revocations, clock: Clock): RevocationFeed {
  const index = createRevocationIndex()
  /** Milliseconds: how long a read waits for a record. An idle log is read so often. */
  const waitFor = Math.min(5000, log.maxSilence / 4)
  const own = new Set<string>()
  let members = 0
  let startedAt = clock()
  let following = new AbortController()
  let position: string | undefined
  let lastContact: number | undefined
  let isFull = false
  let wasSilent = false

  function apply(record: RevocationRecord): boolean {
    const isKnown = index.add(record, clock())
    if (!isKnown && !isFull) {
      diagnostics.revocation.publish({ event: 'full', count: index.entries() })
    }
    isFull ||= !isKnown
    return isKnown
  }

  async function publish(record: RevocationRecord): Promise<void> {
    const isKnown = apply(record)
    const text = formatRecord(record)
    noteOwn(text)
    await within(log.publish(text), AbortSignal.timeout(publishDeadline))
    if (!isKnown) {
      throw new Error('This process knows as many revocations as it can: the revocation has no effect here')
    }
  }

  /** The log returns the records of this process too. Applied again, an eviction would concern newer results. */
  function noteOwn(text: string): void {
    own.add(text)
    const [oldest = ''] = own
    if (own.size > maxOwn) {
      own.delete(oldest)
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    let pause = firstPause
    while (!signal.aborted) {
      try {
        // The first reads return at once, so that a process knows when it has caught up.
        const wait = lastContact === undefined ? 0 : waitFor
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(wait + readMargin)])
        take(await within(log.read(position, wait, deadline), deadline))
        pause = firstPause
      } catch (error) {
        noteFailure(error, signal)
        await sleep(pause, undefined, { ref: false, signal }).catch(() => undefined)
        pause = Math.min(2 * pause, maxPause)
      }
    }
  }

  function take({ records, position: last }: ReadRevocations): void {
    const foreign = records.filter((text) => text === undefined || !own.delete(text))
    const known = foreign.flatMap((text) => (text === undefined ? undefined : parseRecord(text)) ?? [])
    known.forEach(apply)
    position = last
    if (foreign.length > known.length) {
      diagnostics.revocation.publish({ event: 'ignored', count: foreign.length - known.length })
    }
    if (known.length > 0) {
      diagnostics.revocation.publish({ event: 'received', count: known.length })
    }
    // A full read says that there are more.
    if (records.length < 1000) {
      if (wasSilent) {
        wasSilent = false
        diagnostics.revocation.publish({ event: 'recovered', count: 0 })
      }
      lastContact = clock()
    }
  }

  function noteFailure(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) {
      return
    }
    const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
    diagnostics.revocation.publish({ event: 'failed', count: 0, error: String(typeof code === 'string' ? code : name) })
    if (!wasSilent && state() === 'silent') {
      wasSilent = true
      diagnostics.revocation.publish({ event: 'silent', count: 0 })
    }
  }

  function state(): FeedState {
    if (isFull) {
      return 'full'
    }
    if (clock() - (lastContact ?? startedAt) > log.maxSilence) {
      return 'silent'
    }
    return lastContact === undefined ? 'catching-up' : 'current'
  }

  return {
    index,
    settings: log,
    publish,
    state,
    lastContact: () => lastContact,
    join: () => {
      members += 1
      if (members === 1) {
        startedAt = clock()
        following = new AbortController()
        follow(following.signal).catch(reportBug)
      }
    },
    leave: () => {
      members -= 1
      if (members === 0) {
        following.abort()
      }
    },
  }
}

/** Waits for work until the signal aborts. Unlike `withDeadline`, it does not keep the process alive. */
async function within<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(Object.assign(new Error('The log did not respond in time'), { code: 'too-late' }))
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => undefined)
  }
}
