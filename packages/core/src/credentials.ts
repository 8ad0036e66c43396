import type { HttpRequest } from './http-request.ts'
import { invalidRequest } from './refusal.ts'

export interface Credentials {
  readonly scheme: 'Bearer'
  readonly token: string
}

/** A longer token is not even looked at. */
const mostCharacters = 16 * 1024

/**
 * The credentials of a request (RFC 6750 §2, RFC 9110 §11): `undefined` when there are none, or only such as we do not
 * know (another scheme, the query, a cookie); a refusal when there are several, or malformed ones.
 */
export function extractCredentials(request: HttpRequest, fromForm: string | undefined): Credentials | undefined {
  const lines = authorizationLines(request)
  if (lines.length > 1) {
    throw invalidRequest('repeated-credentials')
  }
  const fromHeader = lines[0] === undefined ? undefined : bearerToken(lines[0])
  if (fromHeader !== undefined && fromForm !== undefined) {
    throw invalidRequest('repeated-credentials')
  }
  const token = fromHeader ?? fromForm
  return token === undefined ? undefined : { scheme: 'Bearer', token: expectToken(token) }
}

function authorizationLines({ headers }: HttpRequest): readonly string[] {
  if (typeof headers?.[Symbol.iterator] !== 'function') {
    throw new TypeError(
      'Expected a web Request, or { method, url, headers } whose headers are lines, pairs of name and value',
    )
  }
  const lines: string[] = []
  for (const [name, value] of headers) {
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      lines.push(value)
    }
  }
  return lines
}

/** What follows the scheme `Bearer` and at least one space; `undefined` under any other scheme. A web `Request` joins several lines by commas. */
function bearerToken(line: string): string | undefined {
  const scheme = /^[!#$%&'*+.^_`|~\w-]*/.exec(line)?.[0] ?? ''
  if (scheme.toLowerCase() !== 'bearer') {
    expectNoOther(line)
    return undefined
  }
  const rest = line.slice(scheme.length)
  expectNoOther(rest)
  return rest.startsWith(' ') ? rest.replace(/^ +/, '') : ''
}

/** What stands between quotes is somebody's parameter. */
function expectNoOther(line: string): void {
  if (/, *bearer( |$)/i.test(line.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))) {
    throw invalidRequest('repeated-credentials')
  }
}

function expectToken(token: string): string {
  if (token.length > mostCharacters) {
    throw invalidRequest('token-too-large')
  }
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    throw invalidRequest('malformed-credentials')
  }
  return token
}
