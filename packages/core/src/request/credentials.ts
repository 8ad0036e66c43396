import { Refusal } from '../responses/refusal.ts'
import { extractCookies } from './cookies.ts'
import type { CredentialSource } from './credential-sources.ts'
import { tokenInForm } from './form-body.ts'
import { headerLines, isWebHeaders } from './header-lines.ts'
import { maxTokenLength, refuseUnless, tokenInHeader, tokenInSubprotocols } from './header-tokens.ts'
import type { HttpRequest } from './http-request.ts'
import { onlyAuthorizationLine } from './node-headers.ts'
import { isSafeOrSameOrigin } from './same-origin.ts'

/** The credentials that a request presented. Only the length and the characters of the token are checked. */
export interface Credentials {
  /** The scheme of the line `Authorization`. A token from any other source has the scheme Bearer. */
  readonly scheme: Scheme
  /** Characters of RFC 6750 §2.1, at most 16 KiB. */
  readonly token: string
}

export type Scheme = 'Bearer' | 'DPoP'

const prefix = 'Bearer '
/** The bound applies before any code looks at the line. */
const maxLineLength = prefix.length + maxTokenLength

/** The places in which a validator looks for a token. */
export interface CredentialSettings {
  readonly credentials: readonly CredentialSource[]
  readonly formBody: 'ignored' | 'accepted'
  /** The schemes that count in `Authorization`. */
  readonly schemes: readonly Scheme[]
}

/**
 * Extracts the credentials of a request from its sources and its form body (RFC 6750 §2, RFC 9449 §7.1, RFC 9110 §11).
 * `undefined` when it has none, or has only credentials that the validator does not read (another scheme, another
 * source, the query).
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
  { credentials, formBody, schemes }: CredentialSettings,
): Promise<Credentials | undefined> {
  const found = credentials.flatMap((source) =>
    credentialsIn(source, request, schemes).map((one) => ({ source, ...one })),
  )
  const inForm = formBody === 'accepted' ? await tokenInForm(request) : undefined
  const isOne = new Set(found.map(({ token }) => token)).size <= 1
  // A form or a subprotocol next to another source is refused even with the same token (RFC 6750 §2).
  const isAlone = found.length <= 1 || !found.some(({ source }) => isSubprotocol(source))
  refuseUnless(isOne && isAlone && (found.length === 0 || inForm === undefined), 'repeated-credentials')
  const text = found[0]?.token ?? inForm
  if (text === undefined) {
    return undefined
  }
  const token = expectTokenText(text)
  expectSameOrigin(request, found)
  return { scheme: found.some(({ scheme }) => scheme === 'DPoP') ? 'DPoP' : 'Bearer', token }
}

/** The schemes under which a request presents tokens in `Authorization`, also malformed ones. For challenges only. */
export function attemptedSchemes({ headers }: HttpRequest, schemes: readonly Scheme[]): readonly Scheme[] {
  const lines = headerLines(headers, 'authorization').map((line) => line.slice(0, maxLineLength))
  return schemes.filter((scheme) => lines.some((line) => namesScheme(line, scheme)))
}

/** A line that is malformed behind its scheme names it, too. A web `Request` joins several lines by commas. */
function namesScheme(line: string, scheme: Scheme): boolean {
  const text = line.includes(',') ? withoutQuotedStrings(line) : line
  return schemeNameOf(line).toLowerCase() === scheme.toLowerCase() || new RegExp(`, *${scheme}( |,|$)`, 'i').test(text)
}

function schemeNameOf(line: string): string {
  return /^[!#$%&'*+.^_`|~\w-]*/.exec(line)?.[0] ?? ''
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
export function extractToken(given: unknown): Credentials | undefined {
  if (given === undefined || given === null || given === '') {
    return undefined
  }
  refuseUnless(typeof given === 'string', 'malformed-credentials')
  return { scheme: bearerScheme, token: expectTokenText(given as string) }
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
function credentialsIn(
  source: CredentialSource,
  request: HttpRequest,
  schemes: readonly Scheme[],
): readonly Credentials[] {
  if (source === 'authorization') {
    const token = bearerTokenOf(request)
    const found = token === undefined ? credentialsInAuthorization(request, schemes) : { scheme: bearerScheme, token }
    return found === undefined ? [] : [found]
  }
  return tokensIn(source, request).map((token) => ({ scheme: bearerScheme, token }))
}

function isSubprotocol(source: CredentialSource): boolean {
  return source !== 'authorization' && source.in === 'web-socket-protocol'
}

function tokensIn(source: Exclude<CredentialSource, string>, request: HttpRequest): readonly string[] {
  switch (source.in) {
    case 'cookie':
      return extractCookies(request, source.name)
    case 'header':
      return tokenInHeader(request, source.name)
    case 'web-socket-protocol':
      return tokenInSubprotocols(request, source.name)
  }
}

const bearerScheme: Scheme = 'Bearer'

function credentialsInAuthorization({ headers }: HttpRequest, schemes: readonly Scheme[]): Credentials | undefined {
  const [line, ...others] = headerLines(headers, 'authorization')
  refuseUnless(others.length === 0, 'repeated-credentials')
  refuseUnless(line === undefined || line.length <= maxLineLength, 'token-too-large')
  return line === undefined ? undefined : credentialsOfLine(line, schemes)
}

/** The scheme, and the text after it and its spaces. `undefined` under a scheme that does not count. */
function credentialsOfLine(line: string, schemes: readonly Scheme[]): Credentials | undefined {
  // A web `Request` joins several lines by commas.
  const further = new RegExp(`, *(${schemes.join('|')})( |$)`, 'i')
  refuseUnless(!line.includes(',') || !further.test(withoutQuotedStrings(line)), 'repeated-credentials')
  const name = schemeNameOf(line)
  const scheme = schemes.find((one) => one.toLowerCase() === name.toLowerCase())
  if (scheme === undefined) {
    return undefined
  }
  const rest = line.slice(name.length)
  return { scheme, token: rest.startsWith(' ') ? rest.replace(/^ +/, '') : '' }
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
