import { invalidRequest } from '../responses/refusal.ts'
import { tokenInForm } from './form-body.ts'
import type { HttpRequest } from './http-request.ts'
import { onlyAuthorizationLine } from './node-request.ts'

/** The credentials that a request presented. Only the length and the characters of the token are checked. */
export interface Credentials {
  readonly scheme: 'Bearer'
  /** Characters of RFC 6750 §2.1, at most 16 KiB. */
  readonly token: string
}

const maxTokenLength = 16 * 1024
const prefix = 'Bearer '
const furtherToken = new RegExp(', *bearer( |$)', 'i')
/** The bound applies before any code looks at the line. */
const maxLineLength = prefix.length + maxTokenLength

/**
 * Extracts the credentials of a request (RFC 6750 §2, RFC 9110 §11) from its `Authorization` line or its form body.
 * `undefined` when it has none, or has only credentials that the library does not read (another scheme, the query, a
 * cookie).
 *
 * Checks that the request presents one token only, its length and its characters. The work is linear in the length of
 * the request.
 *
 * @throws Refusal with status 400: `repeated-credentials`, `token-too-large`, or `malformed-credentials`.
 * @throws TypeError when `headers` is not iterable.
 */
export async function extractCredentials(
  request: HttpRequest,
  formBody: 'ignored' | 'accepted',
): Promise<Credentials | undefined> {
  const inHeader = bearerTokenOf(request) ?? tokenInHeader(request)
  const inForm = formBody === 'accepted' ? await tokenInForm(request) : undefined
  refuseUnless(inHeader === undefined || inForm === undefined, 'repeated-credentials')
  const token = inHeader ?? inForm
  if (token === undefined) {
    return undefined
  }
  refuseUnless(token.length <= maxTokenLength, 'token-too-large')
  // RFC 6750 §2.1. An empty token has none of these characters.
  refuseUnless(/^[\w.~+/-]+=*$/.test(token), 'malformed-credentials')
  return { scheme: 'Bearer', token }
}

/**
 * The token of a request whose only `Authorization` line is `Bearer <token>` without a comma or a second space.
 * `undefined` for every other request, and for headers that are neither those of Node nor a web `Headers`. Never
 * throws, and never refuses.
 *
 * A reading of all lines finds the same token, or refuses it because of its characters. Does not check these. Does not
 * read form bodies: the fast path must not serve a validator with `formBody: 'accepted'`.
 */
export function bearerTokenOf({ headers }: HttpRequest): string | undefined {
  const line = isWebHeaders(headers) ? headers.get('authorization') : onlyAuthorizationLine(headers)
  if (typeof line !== 'string' || line.length > maxLineLength || !line.startsWith(prefix)) {
    return undefined
  }
  const token = line.slice(prefix.length)
  return token === '' || token.includes(' ') || token.includes(',') ? undefined : token
}

/** Recognised by name, because a mention of the global `Headers` makes Node load its own undici. */
function isWebHeaders(headers: HttpRequest['headers']): headers is Headers {
  return (headers as { readonly [Symbol.toStringTag]?: unknown } | undefined)?.[Symbol.toStringTag] === 'Headers'
}

function tokenInHeader({ headers }: HttpRequest): string | undefined {
  if (typeof headers?.[Symbol.iterator] !== 'function') {
    throw new TypeError(
      'Expected a web Request, or { method, url, headers } with header lines as pairs of a name and a value',
    )
  }
  let line: string | undefined
  for (const [name, value] of headers) {
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      refuseUnless(line === undefined, 'repeated-credentials')
      refuseUnless(value.length <= maxLineLength, 'token-too-large')
      line = value
    }
  }
  return line === undefined ? undefined : bearerTokenIn(line)
}

/** The text after the scheme `Bearer` and its spaces. `undefined` under any other scheme. */
function bearerTokenIn(line: string): string | undefined {
  // A web `Request` joins several lines by commas.
  refuseUnless(!line.includes(',') || !furtherToken.test(withoutQuotedStrings(line)), 'repeated-credentials')
  const scheme = /^[!#$%&'*+.^_`|~\w-]*/.exec(line)?.[0] ?? ''
  if (scheme.toLowerCase() !== 'bearer') {
    return undefined
  }
  const rest = line.slice(scheme.length)
  return rest.startsWith(' ') ? rest.replace(/^ +/, '') : ''
}

/**
 * A quoted string can contain a comma. A quote that is never closed begins no quoted string: it matches up to the end,
 * so that the pass is linear.
 */
function withoutQuotedStrings(line: string): string {
  return line.replaceAll(/"(?:[^"\\]|\\.)*("|\\?$)/gs, (match, end) => (end === '"' ? '' : match))
}

function refuseUnless(isSound: boolean, reason: Parameters<typeof invalidRequest>[0]): void {
  if (!isSound) {
    throw invalidRequest(reason)
  }
}
