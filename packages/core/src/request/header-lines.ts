import type { HttpRequest } from './http-request.ts'
import { nodeHeaderLines } from './node-headers.ts'

/**
 * The values of all header lines with this name, which is in lower case. Names of lines have any case. A web `Headers`
 * joins repeated lines by `, `, and cookies by `; `: then the result is one text. Does not split lines at commas.
 *
 * @throws TypeError when `headers` is not iterable.
 */
export function headerLines(headers: HttpRequest['headers'], name: string): readonly string[] {
  if (isWebHeaders(headers)) {
    const line = headers.get(name)
    return line === null ? [] : [line]
  }
  const lines = nodeHeaderLines(headers, name)
  if (lines !== undefined) {
    return lines
  }
  if (typeof headers?.[Symbol.iterator] !== 'function') {
    throw new TypeError(
      'Expected a web Request, or { method, url, headers } with header lines as pairs of a name and a value',
    )
  }
  return Array.from(headers)
    .filter(([given]) => given.length === name.length && given.toLowerCase() === name)
    .map(([, value]) => value)
}

/**
 * The value of the only header line with this name. `undefined` without one, and with several. A web `Headers` joins several
 * lines: the result then is no value that the caller expects.
 */
export function onlyHeaderLine(headers: HttpRequest['headers'], name: string): string | undefined {
  const [line, ...others] = headerLines(headers, name)
  return others.length === 0 ? line : undefined
}

/** Recognised by name, because a mention of the global `Headers` makes Node load its own undici. */
export function isWebHeaders(headers: HttpRequest['headers']): headers is Headers {
  return (headers as { readonly [Symbol.toStringTag]?: unknown } | undefined)?.[Symbol.toStringTag] === 'Headers'
}
