import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, expectDuration } from '../lib/duration.ts'
import { expectOneOf, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'

/**
 * A log of revocations that several processes share. Implement it over any store, and run `revocationsContract` of
 * `@tollgate/core/contract` against the implementation. `redisRevocations` of `@tollgate/redis` is one.
 *
 * Records contain hashes, and no token, subject or client. An application that can write to the log can revoke tokens,
 * unless the implementation seals its records.
 */
export interface Revocations {
  /** Milliseconds. The log keeps a record for so long: as long as the longest-lived token. */
  readonly keepFor: number
  /** Milliseconds. After so long without contact to the log, `whenSilent` decides. */
  readonly maxSilence: number
  /** `'serve'`: requests continue, and a newer revocation has no effect yet. `'refuse'`: they get 503. */
  readonly whenSilent: 'serve' | 'refuse'
  /** Resolves when every follower will get the record. */
  publish(record: string): Promise<void>
  /**
   * Resolves with the records after a position, oldest first: with at most 1,000 of them, and with the position of the
   * last one. `undefined` is the position before the oldest record. Waits for a record, at most so many milliseconds,
   * and not at all for 0. Then there are none, and the position is unchanged. A record that the log cannot open is `undefined` in the list.
   */
  read(position: string | undefined, waitFor: number, signal: AbortSignal): Promise<ReadRevocations>
}

export interface ReadRevocations {
  readonly records: readonly (string | undefined)[]
  readonly position: string | undefined
}

/** The options that every log of revocations has. */
export interface RevocationsOptions {
  /**
   * How long a revocation is kept: as long as the longest-lived token of your issuers. A token that lives longer can be
   * accepted again, and the library warns of its issuer. Default: `'24h'`, at most `'720h'`.
   */
  readonly keepFor?: Duration | undefined
  /** How long a process may be without contact to the log before `whenSilent` decides. Default: `'10s'`. */
  readonly maxSilence?: Duration | undefined
  /**
   * `'serve'`: without contact, requests continue, and newer revocations have no effect until the contact is back.
   * `'refuse'`: they get 503, also before the first contact. Default: `'serve'`.
   */
  readonly whenSilent?: 'serve' | 'refuse' | undefined
}

/** The names of the options. */
export const revocationsOptionNames: readonly string[] = ['keepFor', 'maxSilence', 'whenSilent']

/** Checks the options. Times are in milliseconds. */
export function expectRevocationsOptions(options: RevocationsOptions): Omit<Revocations, 'publish' | 'read'> {
  const { keepFor = '24h', maxSilence = '10s', whenSilent = 'serve' } = options
  const kept = expectDuration(keepFor, 'keepFor', '720h')
  const silence = expectDuration(maxSilence, 'maxSilence', '1h')
  if (kept < 1000 || silence < 1000) {
    throw invalidOption("Expected `keepFor` and `maxSilence` to be at least '1s'")
  }
  return { keepFor: kept, maxSilence: silence, whenSilent: expectOneOf(whenSilent, 'whenSilent', ['serve', 'refuse']) }
}

/** The log of one process: the default of the option `revocations`. Validators can share one. It has no limit of its own. */
export function memoryRevocations(options: Pick<RevocationsOptions, 'keepFor'> = {}): Revocations {
  const settings = expectRevocationsOptions(expectOptions(options, 'the options of memoryRevocations', ['keepFor']))
  const records: { readonly record: string; readonly at: number }[] = []
  /** The number of records that were removed because they are old. */
  let removed = 0
  let published = Promise.withResolvers<void>()

  function removeOld(now: number): void {
    const first = records.findIndex(({ at }) => at > now - settings.keepFor)
    removed += records.splice(0, first === -1 ? records.length : first).length
  }

  function after(position: string | undefined): ReadRevocations {
    const first = Math.max(Number(position ?? 0) - removed, 0)
    const found = records.slice(first, first + 1000)
    return { records: found.map(({ record }) => record), position: String(removed + first + found.length) }
  }

  return {
    ...settings,
    publish: async (record) => {
      const now = performance.now()
      removeOld(now)
      records.push({ record, at: now })
      published.resolve()
      published = Promise.withResolvers()
    },
    read: async (position, waitFor, signal) => {
      const found = after(position)
      if (found.records.length > 0 || waitFor === 0) {
        return found
      }
      await Promise.race([published.promise, sleep(waitFor, undefined, { ref: false, signal }).catch(() => undefined)])
      return after(position)
    },
  }
}

/** Checks the option `revocations`. */
export function expectRevocations(revocations: unknown): Revocations {
  const members = asRecord(revocations)
  const missing = ['publish', 'read'].filter((name) => typeof members[name] !== 'function')
  const settings = ['keepFor', 'maxSilence'].filter((name) => typeof members[name] !== 'number')
  if (missing.length > 0 || settings.length > 0) {
    throw invalidOption(
      `Expected \`revocations\` to be memoryRevocations(…), redisRevocations(…) or another Revocations; it lacks ${[...missing, ...settings].join(', ')}`,
    )
  }
  return revocations as Revocations
}
