import { own } from '../lib/record.ts'
import type { UpstreamResponse } from './send-request.ts'

const minute = 60_000
const minFreshness = minute
const maxFreshness = 60 * minute
/** The freshness of a document whose response states none. */
export const defaultFreshness: number = 10 * minute
/** The milliseconds beyond its freshness for which a document serves while fetches fail. */
export const maxStaleness: number = 60 * minute

/**
 * The milliseconds for which a response is fresh: `max-age` less `Age` (RFC 9111 §4.2), clamped to 1 to 60 min. A
 * response with `no-store` or `no-cache` is fresh for one minute, because a request per token would overload the
 * issuer. `undefined` when the response states no freshness.
 */
export function parseFreshness(headers: UpstreamResponse['headers']): number | undefined {
  const directives = parseCacheControl(own(headers, 'cache-control') as string | string[] | undefined)
  if (directives.has('no-store') || directives.has('no-cache')) {
    return minFreshness
  }
  const maxAge = directives.get('max-age')
  const left = parseSeconds(maxAge) - parseSeconds(own(headers, 'age'))
  return maxAge === undefined ? undefined : Math.min(maxFreshness, Math.max(minFreshness, left * 1000))
}

/** Maps names in lower case to values. The first directive of a name counts (RFC 9111 §4.2.1). */
function parseCacheControl(lines: string | string[] = ''): ReadonlyMap<string, string> {
  const directives = [lines].flat().join().split(',')
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

/** The age in milliseconds. It restarts at zero when the clock is set back: a negative age would extend the use. */
export function ageOf(dated: { since: number }, now: number): number {
  if (now < dated.since) {
    dated.since = now
  }
  return now - dated.since
}
