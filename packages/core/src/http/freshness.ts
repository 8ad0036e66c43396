import type { Clock } from '../lib/clock.ts'
import { own } from '../lib/record.ts'

const minute = 60_000
const minFreshness = minute
const maxFreshness = 60 * minute
const defaultFreshness = 10 * minute
/** The milliseconds beyond its freshness for which a document serves while fetches fail. */
export const maxStaleness: number = 60 * minute

/** Headers as undici returns them. A repeated header is an array. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * The milliseconds for which a response is fresh: `max-age` less `Age` (RFC 9111 §4.2), clamped to 1 to 60 min. A
 * response with `no-store` or `no-cache` is fresh for one minute, because a request per token would overload the
 * issuer. `undefined` when the response states no freshness.
 */
export function parseFreshness(headers: ResponseHeaders): number | undefined {
  const directives = parseCacheControl(own(headers, 'cache-control'))
  if (directives.has('no-store') || directives.has('no-cache')) {
    return minFreshness
  }
  const maxAge = directives.get('max-age')
  if (maxAge === undefined) {
    return undefined
  }
  const left = parseSeconds(maxAge) - parseSeconds(own(headers, 'age'))
  return Math.min(maxFreshness, Math.max(minFreshness, left * 1000))
}

/** Maps names in lower case to values. The first directive of a name counts (RFC 9111 §4.2.1). */
function parseCacheControl(lines: unknown): ReadonlyMap<string, string> {
  const text = Array.isArray(lines) ? lines.join() : typeof lines === 'string' ? lines : ''
  const directives = text.split(',')
  const entries = directives.map((directive) => {
    const [name = '', value = ''] = directive.split(/=(.*)/s)
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/s, '$1')] as const
  })
  return new Map(entries.toReversed())
}

/** Zero for a text that is no number. A number above 2^31 counts as 2^31 (RFC 9111 §1.2.2). */
function parseSeconds(value: unknown): number {
  return typeof value === 'string' && /^\d+$/.test(value) ? Math.min(2 ** 31, Number(value)) : 0
}

/** How long a document may be used. All times are ages in milliseconds. */
export interface Freshness {
  /** The age at which a use starts a refresh in the background. */
  readonly refreshAfter: number
  /** The age at which the document becomes stale. */
  readonly freshFor: number
  /** The age at which a stale document ceases to serve. */
  readonly usableFor: number
}

const refreshAt = 0.8
const jitter = 0.05

/**
 * A refresh is due at 80 % of the freshness, ± 5 % of that. The processes of a fleet must not refresh in step.
 * Default: 10 min.
 */
export function createFreshness(freshFor: number = defaultFreshness): Freshness {
  const refreshAfter = freshFor * refreshAt * (1 - jitter + 2 * jitter * Math.random())
  return { refreshAfter, freshFor, usableFor: freshFor + maxStaleness }
}

/**
 * An age in milliseconds. When the clock is set back, the age restarts at zero, because a negative age would extend the
 * use.
 */
export interface Age {
  readonly at: (now: number) => number
  /** The time of the clock at which this age is reached. */
  readonly timeOf: (age: number) => number
}

export function createAge(clock: Clock, since: number = clock()): Age {
  let start = since
  return {
    at: (now) => {
      if (now < start) {
        start = now
      }
      return now - start
    },
    timeOf: (age) => start + age,
  }
}
