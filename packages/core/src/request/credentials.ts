import type { HttpRequest } from './http-request.ts'
import { isAuthorization, NodeHeaderLines } from './node-request.ts'
import { invalidRequest } from '../responses/refusal.ts'

export interface Credentials {
  readonly scheme: 'Bearer'
  /** Not longer than 16 KiB; what it is made of, nobody has looked at yet. */
  readonly token: string
}

/** A longer token is not even looked at. */
const mostCharacters = 16 * 1024

/**
 * The credentials of a request (RFC 6750 §2, RFC 9110 §11): `undefined` when there are none, or only such as we do not
 * know (another scheme, the query, a cookie); a refusal when there are several, or malformed ones.
 */
export function extractCredentials(request: HttpRequest, fromForm: string | undefined): Credentials | undefined {
  const fromHeader = tokenInHeader(request)
  if (fromForm !== undefined) {
    expectFirst(fromHeader)
  }
  const token = fromHeader ?? fromForm
  return token === undefined ? undefined : { scheme: 'Bearer', token: expectLength(token) }
}

function tokenInHeader({ headers }: HttpRequest): string | undefined {
  const line = headers instanceof NodeHeaderLines ? headers.onlyAuthorization() : undefined
  return bearerTokenIn(line ?? authorizationLine(headers) ?? '')
}

function authorizationLine(headers: HttpRequest['headers']): string | undefined {
  if (typeof headers?.[Symbol.iterator] !== 'function') {
    throw new TypeError(
      'Expected a web Request, or { method, url, headers } whose headers are lines, pairs of name and value',
    )
  }
  let line: string | undefined
  for (const [name, value] of headers) {
    if (isAuthorization(name)) {
      expectFirst(line)
      line = value
    }
  }
  return line
}

function expectFirst(before: string | undefined): void {
  if (before !== undefined) {
    throw invalidRequest('repeated-credentials')
  }
}

/** What follows the scheme `Bearer` and at least one space; `undefined` under any other scheme. A web `Request` joins several lines by commas. */
function bearerTokenIn(line: string): string | undefined {
  const scheme = line.startsWith('Bearer ') ? 'Bearer' : (/^[!#$%&'*+.^_`|~\w-]*/.exec(line)?.[0] ?? '')
  if (scheme.toLowerCase() !== 'bearer') {
    expectNoOther(line)
    return undefined
  }
  let start = scheme.length
  expectNoOther(line)
  while (line[start] === ' ') {
    start += 1
  }
  return start > scheme.length ? line.slice(start) : ''
}

/** What stands between quotes is somebody's parameter. */
function expectNoOther(line: string): void {
  if (line.includes(',') && /, *bearer( |$)/i.test(line.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))) {
    throw invalidRequest('repeated-credentials')
  }
}

function expectLength(token: string): string {
  if (token.length > mostCharacters) {
    throw invalidRequest('token-too-large')
  }
  return token
}
