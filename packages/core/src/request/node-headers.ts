import type { IncomingHttpHeaders } from 'node:http'
import { isRecord } from '../lib/record.ts'
import type { HttpRequest } from './http-request.ts'

/** The header members of a Node request, over HTTP/1.1 and HTTP/2 alike. A test may create one without `rawHeaders`. */
export interface NodeHeaders {
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers: IncomingHttpHeaders
}

const authorization = 'authorization'

type Line = readonly [name: string, value: string]

/**
 * The header lines of a Node request, read on use. The lines come from `headers`, because a middleware may have set or
 * removed one. If `Authorization` is repeated, they come from `rawHeaders`, because Node puts only the first one into
 * `headers`.
 */
export function nodeHeaders(request: NodeHeaders): Iterable<Line> {
  if (!isRecord(request?.headers)) {
    throw new TypeError(
      'Expected a request of Node, got an object without `headers`: express-ws, for example, passes its socket to the middleware of `app.ws`; use `app.use(path, protect())` in front of it',
    )
  }
  return new NodeHeaderLines(request)
}

class NodeHeaderLines {
  readonly #request: NodeHeaders

  constructor(request: NodeHeaders) {
    this.#request = request
  }

  [Symbol.iterator](): Iterator<Line> {
    return linesOf(this.#request).values()
  }

  /** Objects of other origin have no such member. */
  static requestOf(lines: unknown): NodeHeaders | undefined {
    return isRecord(lines) && #request in lines ? lines.#request : undefined
  }
}

/**
 * The value of the only `Authorization` line of a Node request, found without a look at the other lines. `undefined`
 * when there is no such line or more than one, and for lines of other origin: then the caller has to read all lines.
 */
export function onlyAuthorizationLine(headers: HttpRequest['headers']): string | undefined {
  const request = NodeHeaderLines.requestOf(headers)
  if (request === undefined) {
    return undefined
  }
  const { rawHeaders = [], headers: members } = request
  const isOnly =
    countLines(rawHeaders, 2, authorization) <= 1 && countLines(Object.keys(members), 1, authorization) === 1
  const line = isOnly && Object.hasOwn(members, 'authorization') ? members.authorization : undefined
  return typeof line === 'string' ? line : undefined
}

/**
 * The values of all lines of a Node request with this name, which is in lower case. `undefined` for lines of other
 * origin. A repeated line comes from `rawHeaders`, because Node joins or drops it in `headers`. Cookies always come
 * from `headers`, because Node joins them without a loss.
 */
export function nodeHeaderLines(headers: HttpRequest['headers'], name: string): readonly string[] | undefined {
  const request = NodeHeaderLines.requestOf(headers)
  if (request === undefined) {
    return undefined
  }
  const { rawHeaders = [], headers: members } = request
  if (name !== 'cookie' && countLines(rawHeaders, 2, name) > 1) {
    return rawHeaders.filter((_, index) => index % 2 === 1 && isNamed(rawHeaders[index - 1], name))
  }
  const names = Object.keys(members).filter((given) => isNamed(given, name))
  return names.flatMap((given) => members[given] ?? []).map(String)
}

/** Counts a name in any case. Node writes the names of `headers` in lower case, but a middleware may not. */
function countLines(names: readonly string[], step: 1 | 2, name: string): number {
  let count = 0
  for (let index = 0; index < names.length; index += step) {
    const given = names[index] ?? ''
    // The check of the length saves the conversion, because few names have this length.
    if (given.length === name.length && given.toLowerCase() === name) {
      count += 1
    }
  }
  return count
}

function isNamed(given: string | undefined, name: string): boolean {
  return given?.toLowerCase() === name
}

function linesOf({ rawHeaders = [], headers }: NodeHeaders): readonly Line[] {
  if (countLines(rawHeaders, 2, authorization) > 1) {
    return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []))
  }
  return Object.keys(headers).flatMap((name) => {
    const { [name]: value = [] } = headers
    return Array.isArray(value) ? value.map((line) => [name, line] as const) : [[name, value] as const]
  })
}
