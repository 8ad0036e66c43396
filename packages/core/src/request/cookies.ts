import { invalidRequest } from '../responses/refusal.ts'
import { headerLines } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'

/** The maximum length of all `Cookie` lines of a request. The bound applies before any code looks at the lines. */
const maxCookieLength = 64 * 1024

/**
 * The different values of a cookie (RFC 6265 §5.4), without the quotes around them. A request can have several `Cookie`
 * lines (RFC 9113 §8.2.3), and several cookies with one name. An empty value counts as an absent cookie. The work is
 * linear in the length of the lines. Does not decode values. Does not check their characters.
 *
 * @throws Refusal 400 `token-too-large` when the lines are longer than 64 KiB together.
 */
export function extractCookies({ headers }: HttpRequest, name: string): readonly string[] {
  const lines = headerLines(headers, 'cookie')
  if (lines.reduce((length, line) => length + line.length, 0) > maxCookieLength) {
    throw invalidRequest('token-too-large')
  }
  const values = new Set<string>()
  for (const pair of lines.flatMap((line) => line.split(';'))) {
    const end = pair.indexOf('=')
    if (end !== -1 && trim(pair.slice(0, end)) === name) {
      values.add(unquote(trim(pair.slice(end + 1))))
    }
  }
  values.delete('')
  return [...values]
}

/** Removes spaces and tabs. `String.trim` would remove other characters too, and an expression would not be linear. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text[start])) {
    start += 1
  }
  while (end > start && isBlank(text[end - 1])) {
    end -= 1
  }
  return text.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
