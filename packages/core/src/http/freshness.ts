const minute = 60_000
const least = minute
const most = 60 * minute

/** Headers as undici gives them: a line that stands twice is an array. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * For how many milliseconds an answer is fresh: `max-age` less `Age` (RFC 9111 §4.2), between one minute and one hour. What must not
 * be stored is kept for a minute all the same: it stays in the process, and a stampede would be worse. `undefined` when
 * `Cache-Control` says nothing of it.
 */
export function freshnessOf(headers: AnswerHeaders): number | undefined {
  const directives = directivesOf(headers['cache-control'])
  if (directives.has('no-store') || directives.has('no-cache')) {
    return least
  }
  const maxAge = directives.get('max-age')
  if (maxAge === undefined) {
    return undefined
  }
  const left = seconds(maxAge) - seconds(headers['age'])
  return Math.min(most, Math.max(least, left * 1000))
}

/** Names in lower case; of two by one name the first counts (RFC 9111 §4.2.1). */
function directivesOf(lines: string | string[] = []): ReadonlyMap<string, string> {
  const directives = [lines].flat().join().split(',')
  const entries = directives.map((directive) => {
    const [name = '', value = ''] = directive.split(/=(.*)/s)
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/s, '$1')] as const
  })
  return new Map(entries.toReversed())
}

/** What is no number of seconds is none; a great one is as good as any greater (RFC 9111 §1.2.2). */
function seconds(value: unknown): number {
  return typeof value === 'string' && /^\d+$/.test(value) ? Math.min(2 ** 31, Number(value)) : 0
}
