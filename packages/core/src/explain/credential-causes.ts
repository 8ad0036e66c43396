import { isUrlEncodedForm } from '../request/form-body.ts'
import { headerLines } from '../request/header-lines.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isPreflight } from '../request/preflight.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showText } from './show.ts'

const sendBearer = 'Send the header `Authorization: Bearer <access token>`.'

/** `no-credentials`. */
export function noCredentials({ request, settings }: FailedToken): Cause {
  if (request === undefined) {
    return {
      problem: 'validate() got no token',
      fix: 'Check where the token comes from: it is undefined, null or empty.',
    }
  }
  const [line] = headerLines(request.headers, 'authorization')
  const isRead = settings.credentials.includes('authorization')
  if (line !== undefined && isRead) {
    return otherScheme(line)
  }
  if (line !== undefined) {
    return {
      problem: 'the token is in `Authorization`, which the option `credentials` does not list',
      fix: "Add 'authorization' to `credentials`, or send the token where `credentials` says.",
    }
  }
  return elsewhere(request, settings.formBody) ?? { problem: 'the request has no token', fix: fixFor(request, isRead) }
}

/** A token in a place that the validator does not read. */
function elsewhere(request: HttpRequest, formBody: 'ignored' | 'accepted'): Cause | undefined {
  if (isPreflight(request)) {
    return {
      problem: 'this is a CORS preflight, which never has a token',
      fix: "Put the CORS layer in front of protect(), or set `preflights: 'skip'`.",
    }
  }
  if (/[?&](access_token|token|jwt)=/.test(request.url)) {
    return { problem: 'the token is in the query of the URL, which Tollgate never reads', fix: sendBearer }
  }
  if (formBody === 'ignored' && isUrlEncodedForm(request) && request.method !== 'GET') {
    return {
      problem: 'the request has no token in a header, and form bodies are not read',
      fix: `${sendBearer} Or set \`formBody: 'accepted'\`.`,
    }
  }
  const other = otherHeaders.find((name) => headerLines(request.headers, name).length > 0)
  if (other === undefined) {
    return undefined
  }
  const source = other === 'cookie' ? "cookie('name of the cookie')" : `header('${other}')`
  return {
    problem: `the request has no \`Authorization\`, but it has \`${other}\``,
    fix: `${sendBearer} If the token is in \`${other}\`, set \`credentials: ${source}\`.`,
  }
}

const otherHeaders = [
  'x-access-token',
  'x-auth-token',
  'x-forwarded-access-token',
  'cf-access-jwt-assertion',
  'x-amzn-oidc-accesstoken',
  'access_token',
  'token',
  'x-api-key',
  'cookie',
]

function fixFor(request: HttpRequest, isRead: boolean): string {
  const place = isRead ? sendBearer : 'Send the token where the option `credentials` says.'
  return headerLines(request.headers, 'via').length > 0 || headerLines(request.headers, 'x-forwarded-for').length > 0
    ? `${place} If the client does, a proxy in between removes the header.`
    : place
}

function otherScheme(line: string): Cause {
  const scheme = /^[\w.-]{1,20}(?=[ :]|$)/.exec(line)?.[0] ?? ''
  if (/^e[yw][\w-]*\./.test(line)) {
    return { problem: '`Authorization` has a token without the scheme in front', fix: sendBearer }
  }
  if (new RegExp('^bearer:', 'i').test(line)) {
    return { problem: 'a colon follows `Bearer`', fix: sendBearer }
  }
  if (/^["']/.test(line)) {
    return { problem: 'the whole value of `Authorization` is in quotes', fix: sendBearer }
  }
  if (/^dpop$/i.test(scheme)) {
    return {
      problem: 'the token comes under the scheme DPoP, which this version does not support',
      fix: 'Configure the client to request tokens without DPoP.',
    }
  }
  const known = schemes.find((one) => one.toLowerCase() === scheme.toLowerCase())
  return {
    problem: `\`Authorization\` has ${known === undefined ? 'another scheme than Bearer' : `the scheme ${known}`}`,
    expected: 'Bearer',
    received: known,
    fix: sendBearer,
  }
}

const schemes = ['Basic', 'Digest', 'JWT', 'Token', 'Negotiate', 'ApiKey', 'AWS4-HMAC-SHA256', 'OAuth', 'GNAP', 'Key']

/** `malformed-credentials`. */
export function malformedCredentials({ request, findings }: FailedToken): Cause {
  const fix = 'Send exactly `Bearer`, one space and the token, without quotes, spaces or line breaks.'
  if (request === undefined) {
    return {
      problem: 'validate() got no string, or a text that no token can be',
      fix: 'Pass the token alone, without `Bearer`.',
    }
  }
  const [line = ''] = findings.text === undefined ? headerLines(request.headers, 'authorization') : []
  const rest = line.replace(beginning, '')
  const mistake = malformations.find(([pattern]) => pattern.test(rest))?.[1]
  return { problem: mistake ?? 'the token has characters that no token can have', fix }
}

const beginning = new RegExp('^bearer( +|$)', 'i')

const malformations: readonly (readonly [RegExp, string])[] = [
  [/^$/, '`Bearer` has no token behind it'],
  [beginning, 'the word `Bearer` comes twice'],
  [/^["'`]/, 'the token is in quotes'],
  [/^[<{[]|^\$/, 'the token is a placeholder of a template, which nothing has replaced'],
  [/^[^%]*%[\dA-F]{2}/i, 'the token is percent-encoded'],
  [/\s$/, 'a space or a line break follows the token'],
  [/\s/, 'a space or a line break is inside the token'],
  [/^:/, 'a colon follows `Bearer`'],
  [/,/, 'a comma is in the token'],
]

/** `repeated-credentials`. */
export function repeatedCredentials({ request }: FailedToken): Cause {
  const lines = request === undefined ? [] : headerLines(request.headers, 'authorization')
  return {
    problem:
      lines.length > 1 || lines.some((line) => line.includes(','))
        ? 'the request has `Authorization` more than once'
        : 'the request has several tokens, in different places',
    expected: 'one token',
    fix: 'Send the token once. A proxy or an HTTP client may add a second one.',
  }
}

/** `token-too-large`. */
export function tokenTooLarge(): Cause {
  return {
    problem: 'the token has more than 16 KiB, or the cookies more than 64 KiB',
    fix: 'Configure the issuer to put fewer claims into the token, such as groups.',
  }
}

/** `cross-origin`. */
export function crossOrigin({ request }: FailedToken): Cause {
  const [origin] = request === undefined ? [] : headerLines(request.headers, 'origin')
  return {
    problem: 'the token is in a cookie, and a page of another origin may have sent the request',
    received: origin === undefined ? 'no `Origin`' : `\`Origin\` ${showText(origin)}`,
    fix: "If the page is yours, list its origin: cookie('name', { origins: ['https://…'] }).",
  }
}
