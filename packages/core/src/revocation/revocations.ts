import { type Duration, expectDuration } from '../lib/duration.ts'
import { expectOneOf, invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'

/**
 * A log of revocations that several processes share. Implement it over any store, and run `revocationsContract` of
 * `@tollgate/core/contract` against the implementation. `redisRevocations` of `@tollgate/redis` is one.
 *
 * Records contain hashes, and no token, subject or client. An application that can write to the log can revoke tokens,
 * unless the implementation seals its records.
 */
export interface Revocations {
  /** Milliseconds. The log keeps a record for so long, and a minute more: as long as the longest-lived token. */
  readonly keepFor: number
  /** Milliseconds. After so long without contact to the log, `whenSilent` decides. */
  readonly maxSilence: number
  /** `'serve'`: requests continue, and a newer revocation has no effect yet. `'refuse'`: they get 503. */
  readonly whenSilent: 'serve' | 'refuse'
  /** Resolves when every follower will get the record. */
  publish(record: string): Promise<void>
  /**
   * Resolves with the records after a position, oldest first, and with the position of the last one. There are at most
   * 1,000, and fewer only if no more follow. `undefined` is the position before the oldest record. Without a record, it
   * waits for one, at most so many milliseconds, and not at all for 0. Then there are none, and the position is
   * unchanged. A record that the log cannot open is `undefined` in the list.
   */
  read(position: string | undefined, waitFor: number, signal: AbortSignal): Promise<ReadRevocations>
}

/** The result of reading a log of revocations. A record that the log cannot open is `undefined`. */
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

/** A read with so many records says that more may follow. */
export const pageSize = 1000
/** Milliseconds. A log keeps a record so much longer than `keepFor`, because clocks differ, and tokens end late. */
export const keepMargin = 60_000
const hour = 3_600_000

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
  const log = revocations as Revocations
  expectBetween(log.keepFor, 'keepFor', 720 * hour)
  expectBetween(log.maxSilence, 'maxSilence', hour)
  expectOneOf(log.whenSilent, 'whenSilent', ['serve', 'refuse'])
  return log
}

function expectBetween(milliseconds: number, name: string, max: number): void {
  if (!(milliseconds >= 1000 && milliseconds <= max)) {
    throw invalidOption(`Expected \`${name}\` of \`revocations\` to be from 1000 to ${max} milliseconds`)
  }
}
