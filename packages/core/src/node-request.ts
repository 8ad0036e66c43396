import type { IncomingHttpHeaders } from 'node:http'

/** What we use of a request of Node, over HTTP/1.1 and HTTP/2 alike. Those that a test made by hand have no raw lines. */
export interface NodeHeaders {
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers: IncomingHttpHeaders
}

/**
 * The header lines of a request. Node keeps only the first of several `Authorization` lines in `headers`, so a repeated one shows in the
 * raw lines alone. Otherwise `headers` counts, for a middleware in front may have set or removed one.
 */
export function headerLinesOf({ rawHeaders = [], headers }: NodeHeaders): readonly (readonly [string, string])[] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  if (names.filter((name) => name.toLowerCase() === 'authorization').length > 1) {
    return names.map((name, index) => [name, rawHeaders[index * 2 + 1] ?? ''])
  }
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((line) => [name, line] as const))
}
