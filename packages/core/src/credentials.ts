import type { HttpRequest } from './http-request.ts'
import { isRecord } from './record.ts'
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
export function extractCredentials(request: HttpRequest, formBody: 'ignored' | 'accepted'): Credentials | undefined {
  const lines = authorizationLines(request)
  if (lines.length > 1) {
    throw invalidRequest('repeated-credentials')
  }
  const fromHeader = lines[0] === undefined ? undefined : bearerToken(lines[0])
  const fromForm = formBody === 'accepted' ? formToken(request) : undefined
  if (fromHeader !== undefined && fromForm !== undefined) {
    throw invalidRequest('repeated-credentials')
  }
  const token = fromHeader ?? fromForm
  return token === undefined ? undefined : { scheme: 'Bearer', token: expectToken(token) }
}

function authorizationLines({ headers }: HttpRequest): readonly string[] {
  const lines: string[] = []
  for (const [name, value] of headers) {
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      lines.push(value)
    }
  }
  return lines
}

/** What follows the scheme `Bearer` and at least one space; `undefined` under any other scheme. */
function bearerToken(line: string): string | undefined {
  const scheme = /^[!#$%&'*+.^_`|~\w-]*/.exec(line)?.[0] ?? ''
  if (scheme.toLowerCase() !== 'bearer') {
    return undefined
  }
  const rest = line.slice(scheme.length)
  return rest.startsWith(' ') ? rest.replace(/^ +/, '') : ''
}

/** RFC 6750 §2.2: a form, single-part, all ASCII, and never of a GET. What does not qualify is not looked at. */
function formToken(request: HttpRequest): string | undefined {
  const { form, method } = request
  if (!isRecord(form) || method === 'GET' || method === 'HEAD' || !isUrlEncodedForm(request)) {
    return undefined
  }
  const token = Object.hasOwn(form, 'access_token') ? form['access_token'] : undefined
  if (token === undefined || !Object.entries(form).every(isAscii)) {
    return undefined
  }
  if (typeof token !== 'string') {
    throw invalidRequest('repeated-credentials')
  }
  return token
}

function isUrlEncodedForm({ headers }: HttpRequest): boolean {
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'content-type') {
      return /^application\/x-www-form-urlencoded *(;|$)/i.test(value)
    }
  }
  return false
}

function isAscii(entry: readonly unknown[]): boolean {
  return /^\p{ASCII}*$/u.test(JSON.stringify(entry))
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
