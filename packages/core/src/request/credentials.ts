import { invalidRequest, Refusal } from '../responses/refusal.ts'
import { extractCookies } from './cookies.ts'
import type { CredentialSource } from './credential-sources.ts'
import { tokenInForm } from './form-body.ts'
import { headerLines, isWebHeaders } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'
import { onlyAuthorizationLine } from './node-request.ts'
import { isSafeOrSameOrigin } from './same-origin.ts'

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

/** The places in which a validator looks for a token. */
export interface CredentialSettings {
  readonly credentials: readonly CredentialSource[]
  readonly formBody: 'ignored' | 'accepted'
}

/**
 * Extracts the credentials of a request (RFC 6750 §2, RFC 9110 §11) from its sources and its form body. `undefined`
 * when it has none, or has only credentials that the validator does not read (another scheme, another source, the
 * query).
 *
 * Checks that the request presents one token only, its length and its characters. A token that comes from cookies alone
 * needs a request of the same origin, unless the method is safe. The work is linear in the length of the request.
 *
 * @throws Refusal with status 400: `repeated-credentials`, `token-too-large`, or `malformed-credentials`.
 * @throws Refusal with status 403: `cross-origin`.
 * @throws TypeError when `headers` is not iterable.
 */
export async function extractCredentials(
  request: HttpRequest,
  { credentials, formBody }: CredentialSettings,
): Promise<Credentials | undefined> {
  const found = credentials.flatMap((source) => tokensIn(source, request).map((token) => ({ source, token })))
  const inForm = formBody === 'accepted' ? await tokenInForm(request) : undefined
  const isOne = new Set(found.map(({ token }) => token)).size <= 1
  // A form next to another source is refused even with the same token (RFC 6750 §2).
  refuseUnless(isOne && (found.length === 0 || inForm === undefined), 'repeated-credentials')
  const text = found[0]?.token ?? inForm
  if (text === undefined) {
    return undefined
  }
  const token = expectTokenText(text)
  expectSameOrigin(request, found)
  return { scheme: 'Bearer', token }
}

/** Refuses a request of another origin (403) if all sources that have the token are cookies. */
function expectSameOrigin(request: HttpRequest, found: readonly { readonly source: CredentialSource }[]): void {
  const cookies = found.flatMap(({ source }) => (typeof source === 'object' && source.in === 'cookie' ? source : []))
  const origins = cookies.flatMap((source) => source.origins)
  const isByCookie = found.length > 0 && cookies.length === found.length
  if (isByCookie && !isSafeOrSameOrigin(request, origins)) {
    throw new Refusal({ reason: 'cross-origin' })
  }
}

/**
 * Checks a token that no request presented. Returns `undefined` for an absent token: `undefined`, `null` or `''`.
 *
 * @throws Refusal with status 400: `token-too-large` or `malformed-credentials`, also for a value that is no string.
 */
export function extractToken(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') {
    return undefined
  }
  refuseUnless(typeof given === 'string', 'malformed-credentials')
  return expectTokenText(given as string)
}

/**
 * The token of a request whose only `Authorization` line is `Bearer <token>` without a comma or a second space.
 * `undefined` for every other request, and for headers that are neither those of Node nor a web `Headers`. Never
 * throws, and never refuses.
 *
 * A reading of all lines finds the same token, or refuses it because of its characters. Does not check these. Reads
 * no other source: the fast path must not serve a validator with another source, or with `formBody: 'accepted'`.
 */
export function bearerTokenOf({ headers }: HttpRequest): string | undefined {
  const line = isWebHeaders(headers) ? headers.get('authorization') : onlyAuthorizationLine(headers)
  if (typeof line !== 'string' || line.length > maxLineLength || !line.startsWith(prefix)) {
    return undefined
  }
  const token = line.slice(prefix.length)
  return token === '' || token.includes(' ') || token.includes(',') ? undefined : token
}

/** The texts that a source contains. None when it is absent. Does not check their length and their characters. */
function tokensIn(source: CredentialSource, request: HttpRequest): readonly string[] {
  if (source === 'authorization') {
    const token = bearerTokenOf(request) ?? tokenInAuthorization(request)
    return token === undefined ? [] : [token]
  }
  return source.in === 'cookie' ? extractCookies(request, source.name) : tokenInHeader(request, source.name)
}

/** A web `Request` joins several lines by commas, and no token has a comma. */
function tokenInHeader({ headers }: HttpRequest, name: string): readonly string[] {
  const lines = headerLines(headers, name)
  const [line = ''] = lines
  refuseUnless(line.length <= maxTokenLength, 'token-too-large')
  refuseUnless(lines.length <= 1 && !line.includes(','), 'repeated-credentials')
  return line === '' ? [] : [line]
}

function tokenInAuthorization({ headers }: HttpRequest): string | undefined {
  const [line, ...others] = headerLines(headers, 'authorization')
  refuseUnless(others.length === 0, 'repeated-credentials')
  refuseUnless(line === undefined || line.length <= maxLineLength, 'token-too-large')
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

function expectTokenText(text: string): string {
  refuseUnless(text.length <= maxTokenLength, 'token-too-large')
  // RFC 6750 §2.1. An empty token has none of these characters.
  refuseUnless(/^[\w.~+/-]+=*$/.test(text), 'malformed-credentials')
  return text
}

function refuseUnless(isSound: boolean, reason: Parameters<typeof invalidRequest>[0]): void {
  if (!isSound) {
    throw invalidRequest(reason)
  }
}
