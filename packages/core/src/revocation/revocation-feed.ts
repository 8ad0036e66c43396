// Fake timers of a test replace the global `performance`.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import { publishRecord, readRecords } from './log-calls.ts'
import { createLogContact, type LogContact } from './log-contact.ts'
import { createRevocationIndex, type RevocationIndex } from './revocation-index.ts'
import { formatRecord, parseRecord, type RevocationRecord } from './revocation-record.ts'
import { pageSize, type ReadRevocations, type Revocations } from './revocations.ts'

/** The revocations of one log, as this process knows them. All validators with this log share it. */
export interface RevocationFeed {
  readonly index: RevocationIndex
  readonly settings: Pick<Revocations, 'keepFor' | 'maxSilence' | 'whenSilent'>
  /** Applies the record here at once. Rejects when the log fails, or when no more revocations fit in here. */
  readonly publish: (record: RevocationRecord) => Promise<void>
  readonly state: () => FeedState
  /** Milliseconds since the epoch: the last contact to the log. `undefined` before the first catch-up. */
  readonly lastContact: LogContact['last']
  /** Resolves when the first catch-up has ended, with all records or with a failure. */
  readonly attempted: LogContact['attempted']
  /** Follows the log until as many validators leave as have joined. */
  readonly join: () => void
  readonly leave: () => void
  readonly removeExpired: () => void
  /** Calls back when a token can be refused that was not refused before. Returns a function that stops this. */
  readonly onChange: (listener: () => void) => () => void
}

/**
 * `'current'`: every revocation of the log is known. `'catching-up'`: not yet, at the start. `'silent'`: no contact to
 * the log for `maxSilence`. `'full'`: there are more revocations than fit in here.
 */
type FeedState = ReturnType<LogContact['state']> | 'full'

/** Milliseconds to wait after a failure: from the first to the last, doubled each time. */
const [minBackoff, maxBackoff] = [250, 2000]
/** Milliseconds between two reads that find records, so that requests get their turn. */
const waitAfterRecords = 2
/** The maximum of records of this process that are known as such when the log returns them. */
const maxPublished = 1000
/** Entries that one read of the log removes when they are old. */
const maxRemoved = 10_000

/** The feeds of this process, by their logs: two validators with one log must not read it twice. */
const feeds = new WeakMap<Revocations, RevocationFeed>()

export function revocationFeedOf(log: Revocations, clock: Clock): RevocationFeed {
  const feed = feeds.get(log) ?? createRevocationFeed(log, clock)
  feeds.set(log, feed)
  return feed
}

function createRevocationFeed(log: Revocations, clock: Clock): RevocationFeed {
  const { keepFor, maxSilence, whenSilent } = log
  const { index, apply, isFull } = createAppliedIndex(clock)
  const contact = createLogContact(clock, maxSilence)
  /** Milliseconds: how long a read waits for a record. An idle log is read so often. */
  const waitFor = Math.min(5000, maxSilence / 4)
  /** The records of this process that the log has not returned yet. */
  const published = new Set<string>()
  let members = 0
  let following = new AbortController()
  let position: string | undefined
  const listeners = new Set<() => void>()
  const announce = (): void => listeners.forEach((listener) => listener())

  async function publish(record: RevocationRecord): Promise<void> {
    const isKnown = apply(record)
    announce()
    const text = formatRecord(record)
    notePublished(text)
    await publishRecord(log, text)
    if (!isKnown) {
      throw new Error('This process knows as many revocations as it can: the revocation has no effect here')
    }
  }

  /** The log returns the records of this process too. Applied again, an eviction would concern newer results. */
  function notePublished(text: string): void {
    published.add(text)
    const [oldest = ''] = published
    if (published.size > maxPublished) {
      published.delete(oldest)
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const wait = async (time: number): Promise<void> =>
      sleep(time, undefined, { ref: false, signal }).catch(() => undefined)
    let backoff = minBackoff
    let hasFailed = false
    while (!signal.aborted) {
      try {
        // Reads at the start and after a failure return at once, so that a process knows when it has caught up.
        const blockFor = contact.last() === undefined || hasFailed ? 0 : waitFor
        const begun = performance.now()
        const read = await readRecords(log, position, blockFor, signal)
        take(read)
        hasFailed = false
        backoff = minBackoff
        // A log that does not wait must not make this loop busy.
        const left = Math.min(blockFor - (performance.now() - begun), minBackoff)
        await wait(read.records.length > 0 ? waitAfterRecords : Math.max(left, 0))
      } catch (error) {
        if (!signal.aborted) {
          hasFailed = true
          contact.noteFailure(error)
          announce()
          await wait(backoff)
          backoff = Math.min(2 * backoff, maxBackoff)
        }
      }
    }
  }

  function take({ records, position: last }: ReadRevocations): void {
    const foreign = records.filter((text) => text === undefined || !published.delete(text))
    const known = foreign.flatMap((text) => (text === undefined ? undefined : parseRecord(text)) ?? [])
    known.forEach(apply)
    if (known.length > 0) {
      announce()
    }
    index.removeExpired(clock(), maxRemoved)
    report('ignored', foreign.length - known.length)
    report('received', known.length)
    if (records.length > 0 && last === position) {
      throw Object.assign(new Error('The log returned records, and no new position'), { code: 'no-progress' })
    }
    position = last
    if (records.length < pageSize) {
      contact.noteCaughtUp()
    } else {
      contact.notePart()
    }
  }

  return {
    index,
    settings: { keepFor, maxSilence, whenSilent },
    publish,
    state: () => (isFull() ? 'full' : contact.state()),
    lastContact: contact.last,
    attempted: contact.attempted,
    join: () => {
      members += 1
      if (members === 1) {
        contact.start()
        following = new AbortController()
        follow(following.signal).catch(reportBug)
      }
    },
    leave: () => {
      members -= 1
      if (members === 0) {
        following.abort()
        contact.stop()
      }
    },
    removeExpired: () => index.removeExpired(clock(), maxRemoved),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The index, and whether a revocation that is still in force did not fit in. */
function createAppliedIndex(clock: Clock): {
  readonly index: RevocationIndex
  readonly apply: (record: RevocationRecord) => boolean
  readonly isFull: () => boolean
} {
  const index = createRevocationIndex()
  /** Milliseconds since the epoch. */
  let fullUntil = -Infinity
  const isFull = (): boolean => clock() < fullUntil

  return {
    index,
    isFull,
    apply: (record) => {
      const isKnown = index.add(record, clock())
      if (!isKnown) {
        if (!isFull()) {
          report('full', index.entries())
        }
        fullUntil = Math.max(fullUntil, record.until)
      }
      return isKnown
    },
  }
}

function report(event: 'received' | 'ignored' | 'full', count: number): void {
  if (count > 0) {
    diagnostics.revocation.publish({ event, count })
  }
}
