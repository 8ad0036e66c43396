import { headerLines, onlyHeaderLine } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'

/** The methods whose requests have no side effects. Methods are case-sensitive (RFC 9110 §9.1). */
const safeMethods: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request may use a cookie that a browser sent on its own. A page of another site can cause such requests
 * (CSRF). True for GET, HEAD and OPTIONS, unless the request opens a WebSocket. Any other request must have exactly one
 * `Sec-Fetch-Site: same-origin`, or exactly one `Origin` that is in `origins`. Pages cannot set these headers (Fetch
 * §2.2.2).
 *
 * Does not check whether a handler of GET has side effects. Does not recognise scripts that run on the origin itself.
 */
export function isSafeOrSameOrigin(request: HttpRequest, origins: readonly string[]): boolean {
  return isSafe(request) || isSameOrigin(request) || hasOrigin(request, origins)
}

/**
 * Whether the request has no `Origin`, because only browsers send it, or exactly one that is in `origins`. This protects
 * servers on a local network against DNS rebinding, with which the page of an attacker has the origin of the request.
 * Therefore `Sec-Fetch-Site` does not count, and the origin of the server itself counts only if it is in the list.
 */
export function isOfAllowedOrigin(request: HttpRequest, origins: readonly string[]): boolean {
  return headerLines(request.headers, 'origin').length === 0 || hasOrigin(request, origins)
}

/** A WebSocket is opened by a GET. A page of another site can read it, unlike the response to any other GET. */
function isSafe({ method, headers }: HttpRequest): boolean {
  return safeMethods.has(method) && !headerLines(headers, 'upgrade').some((line) => /websocket/i.test(line))
}

function isSameOrigin({ headers }: HttpRequest): boolean {
  return onlyHeaderLine(headers, 'sec-fetch-site') === 'same-origin'
}

function hasOrigin({ headers }: HttpRequest, origins: readonly string[]): boolean {
  return origins.includes(onlyHeaderLine(headers, 'origin') ?? '')
}
