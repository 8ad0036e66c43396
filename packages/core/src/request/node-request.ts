import type { IncomingHttpHeaders } from 'node:http'
import type { HttpRequest } from './http-request.ts'

/** What we use of a request of Node, over HTTP/1.1 and HTTP/2 alike. Those that a test made by hand have no raw lines. */
export interface NodeHeaders {
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers: IncomingHttpHeaders
}

type Line = readonly [name: string, value: string]

/**
 * The header lines of a request. Node keeps only the first of several `Authorization` lines in `headers`, so a repeated one shows in the
 * raw lines alone. Otherwise `headers` counts, for a middleware in front may have set or removed one.
 */
export function nodeHeaders({ rawHeaders = [], headers }: NodeHeaders): Iterable<Line> {
  return new NodeHeaderLines(headers, rawHeaders)
}

/**
 * What an adapter makes of its framework's request. A class, as all is that lives as long as a request: under load V8 may find that what an object literal
 * makes lives long, and lays it from then on where only the collections find it that stop everything.
 */
export class NodeRequest implements HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: HttpRequest['headers']
  readonly form: unknown

  constructor(method: string, url: string, headers: HttpRequest['headers'], form: unknown) {
    this.method = method
    this.url = url
    this.headers = headers
    this.form = form
  }
}

/** Made for every request, and seldom read as a whole. */
export class NodeHeaderLines implements Iterable<Line> {
  readonly #headers: IncomingHttpHeaders
  readonly #raw: readonly string[]

  constructor(headers: IncomingHttpHeaders, raw: readonly string[]) {
    this.#headers = headers
    this.#raw = raw
  }

  /** The value of the one `Authorization` line; `undefined` when there are none or several, or it is not where Node puts it: then all lines have to be read. */
  onlyAuthorization(): string | undefined {
    const { authorization } = this.#headers
    const isOnly = !isRepeated(this.#raw) && !isSpeltTwice(this.#headers)
    return typeof authorization === 'string' && isOnly ? authorization : undefined
  }

  [Symbol.iterator](): Iterator<Line> {
    return (isRepeated(this.#raw) ? rawLines(this.#raw) : Object.entries(this.#headers).flatMap(linesOf)).values()
  }
}

export function isAuthorization(name: string): boolean {
  return name.length === 13 && name.toLowerCase() === 'authorization'
}

function isRepeated(raw: readonly string[]): boolean {
  let count = 0
  for (let index = 0; index < raw.length; index += 2) {
    count += isAuthorization(raw[index] ?? '') ? 1 : 0
  }
  return count > 1
}

/** By a middleware in front: Node itself writes all names in lower case. */
function isSpeltTwice(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) {
    if (name !== 'authorization' && isAuthorization(name)) {
      return true
    }
  }
  return false
}

function rawLines(raw: readonly string[]): readonly Line[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))
}

function linesOf([name, value = []]: [string, string | string[] | undefined]): readonly Line[] {
  return [value].flat().map((line) => [name, line])
}
