import { isUrlEncodedForm } from '../request/form-body.ts'
import { headerLines } from '../request/header-lines.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isPreflight } from '../request/preflight.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { missingCookie } from './cookie-causes.ts'
import { otherScheme, sendBearer, sendDpop } from './other-scheme.ts'

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
    return line.trim() === '' ? emptyAuthorization : otherScheme(line)
  }
  if (line !== undefined) {
    return {
      problem: 'the token is in `Authorization`, which the option `credentials` does not list',
      fix: "Add 'authorization' to `credentials`, or send the token where `credentials` says.",
    }
  }
  const places = namePlaces(settings.credentials)
  return (
    elsewhere(request, settings) ??
    withoutHeaders(request) ??
    missingCookie(request, settings.credentials) ?? {
      problem: `the request has no token in ${places}`,
      fix: fixFor(request, settings),
    }
  )
}

const emptyAuthorization: Cause = {
  problem: '`Authorization` is empty',
  fix: 'Check where the client takes the token from: the header is set before the client has one.',
}

/** The places in which the validator looks for a token. */
function namePlaces(credentials: FailedToken['settings']['credentials']): string {
  const names = credentials.map((source) =>
    source === 'authorization' ? '`Authorization`' : `the ${source.in} \`${source.name}\``,
  )
  return names.join(' or ')
}

/** A token in a place that the validator does not read. */
function elsewhere(request: HttpRequest, { credentials, formBody }: FailedToken['settings']): Cause | undefined {
  if (isPreflight(request)) {
    return {
      problem: 'this is a CORS preflight, which never has a token',
      fix: "Put the CORS layer in front of protect(), or set `preflights: 'skip'`.",
    }
  }
  if (inQuery.test(request.url)) {
    return { problem: 'the token is in the query of the URL, which Tollgate never reads', fix: sendBearer }
  }
  if (isUrlEncodedForm(request) && request.method !== 'GET') {
    return formBody === 'ignored'
      ? {
          problem: 'the request has no token in a header, and form bodies are not read',
          fix: `${sendBearer} Or set \`formBody: 'accepted'\`.`,
        }
      : { problem: 'the form has no `access_token`, or its body was not parsed', fix: sendBearer }
  }
  const isRead = (name: string): boolean =>
    credentials.some(
      (source) => source !== 'authorization' && (source.in === 'cookie' ? 'cookie' : source.name) === name,
    )
  const other = otherHeaders.find((name) => !isRead(name) && headerLines(request.headers, name).length > 0)
  return other === undefined ? undefined : inHeader(other, request, namePlaces(credentials))
}

const inQuery = new RegExp('[?&]((access|auth|id)_?token|token|jwt|authorization|bearer)=', 'i')

function inHeader(name: string, request: HttpRequest, places: string): Cause {
  const [value = ''] = headerLines(request.headers, name)
  const problem = `the request has no token in ${places}, but it has \`${name}\``
  if (new RegExp('^bearer ', 'i').test(value)) {
    return {
      problem,
      fix: `${sendBearer} If a proxy has renamed the header, configure it to pass \`Authorization\` on.`,
    }
  }
  const source = name === 'cookie' ? "cookie('name of the cookie')" : `header('${name}')`
  return {
    problem,
    fix: `${sendBearer}${proxyHint(request)} If the token is in \`${name}\`, set \`credentials: ${source}\`.`,
  }
}

/** The headers in which proxies and clients send a token, and `cookie`. */
const otherHeaders = [
  'x-access-token',
  'x-id-token',
  'x-jwt-assertion',
  'x-goog-iap-jwt-assertion',
  'x-amzn-oidc-data',
  'x-auth-token',
  'x-forwarded-access-token',
  'x-auth-request-access-token',
  'x-ms-token-aad-access-token',
  'cf-access-jwt-assertion',
  'x-amzn-oidc-accesstoken',
  'x-authorization',
  'x-forwarded-authorization',
  'x-original-authorization',
  'x-serverless-authorization',
  'proxy-authorization',
  'authentication',
  'access_token',
  'token',
  'jwt',
  'x-api-key',
  'apikey',
  'cookie',
]

/** Two functions of browsers cannot send `Authorization`. */
function withoutHeaders({ headers }: HttpRequest): Cause | undefined {
  const has = (name: string, value: string): boolean => headerLines(headers, name)[0]?.toLowerCase() === value
  const fix = "Send the token in a cookie, and set `credentials: cookie('name of the cookie')`."
  if (has('upgrade', 'websocket')) {
    return {
      problem: 'the request opens a WebSocket without a token, and `WebSocket` of browsers cannot send `Authorization`',
      fix: `${fix} Or send it in the first message, and pass it to validate().`,
    }
  }
  return has('accept', 'text/event-stream')
    ? {
        problem: 'the request has no token, and `EventSource` of browsers cannot send `Authorization`',
        fix: `${fix} Or read the events with \`fetch\`.`,
      }
    : undefined
}

function fixFor(request: HttpRequest, { credentials, dpop }: FailedToken['settings']): string {
  if (dpop.mode === 'required') {
    return `${sendDpop}${proxyHint(request)}`
  }
  const place = credentials.includes('authorization') ? sendBearer : `Send it in ${namePlaces(credentials)}.`
  return `${place}${proxyHint(request)}`
}

function proxyHint({ headers }: HttpRequest): string {
  return ['via', 'x-forwarded-for', 'forwarded'].some((name) => headerLines(headers, name).length > 0)
    ? ' If the client does, a proxy in between removes the header.'
    : ''
}

/** `repeated-credentials`. */
export function repeatedCredentials({ request }: FailedToken): Cause {
  const lines = request === undefined ? [] : headerLines(request.headers, 'authorization')
  return {
    problem:
      lines.length > 1 || lines.some((line) => line.includes(','))
        ? 'the request has `Authorization` more than once'
        : 'the request has several tokens: in different places, or in several lines or several cookies of one name',
    expected: 'one token',
    fix: 'Send the token once. A proxy or an HTTP client may add a second one.',
  }
}

/** `token-too-large`. */
export function tokenTooLarge(): Cause {
  return {
    problem: 'the token has more than 16 KiB, or the cookies more than 64 KiB',
    fix: 'Configure the issuer to put fewer claims into the token, such as groups. Or remove cookies.',
  }
}
