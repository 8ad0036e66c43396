import { shared } from '../lib/shared-state.ts'
import { carriersOf } from './carriers.ts'
import { headerLines, onlyHeaderLine } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'

/** The methods whose requests have no side effects. Methods are case-sensitive (RFC 9110 §9.1). */
const safeMethods: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request may use a cookie that a browser sent on its own. A page of another site can cause such requests
 * (CSRF). True for GET, HEAD and OPTIONS, unless the request opens a connection. Any other request must have exactly one
 * `Sec-Fetch-Site: same-origin`, or exactly one `Origin` that is in `origins`. Pages cannot set these headers (Fetch
 * §2.2.2).
 *
 * Does not check whether a handler of GET has side effects. Does not recognise scripts that run on the origin itself.
 */
export function isSafeOrSameOrigin(request: HttpRequest, origins: readonly string[]): boolean {
  return isSafe(request) || isSameOrigin(request) || hasOrigin(request, origins)
}

/**
/**
 * Whether the request has no `Origin`, or exactly one that is in `origins`. This protects servers on a local network
 * against DNS rebinding, with which the page of an attacker has the origin of the request. Therefore the origin of the
 * server itself counts only if it is in the list. Without an `Origin`, `Sec-Fetch-Site` can still name another site: that
 * of a foreign page, such as one with a `<script>`.
 */
export function isOfAllowedOrigin(request: HttpRequest, origins: readonly string[]): boolean {
  const { headers } = request
  const isOfPage = headerLines(headers, 'origin').length > 0
  const isForeign = headerLines(headers, 'sec-fetch-site').some((site) => /-site/i.test(site))
  return isOfPage ? hasOrigin(request, origins) : !isForeign
}

const openers = shared('requests that open connections', () => new WeakSet<object>())

/** Notes that a request opens a connection that its headers do not show: that of Socket.IO, also by polling. */
export function noteOpener(request: HttpRequest): void {
  carriersOf(request).forEach((carrier) => openers.add(carrier))
}

/** A connection is opened by a GET. A page of another site can read it, unlike the response to any other GET. */
function isSafe(request: HttpRequest): boolean {
  const { method, headers } = request
  const isUpgrade = headerLines(headers, 'upgrade').some((line) => /websocket/i.test(line))
  return safeMethods.has(method) && !isUpgrade && !carriersOf(request).some((carrier) => openers.has(carrier))
}

function isSameOrigin({ headers }: HttpRequest): boolean {
  return onlyHeaderLine(headers, 'sec-fetch-site') === 'same-origin'
}

function hasOrigin({ headers }: HttpRequest, origins: readonly string[]): boolean {
  return origins.includes(onlyHeaderLine(headers, 'origin') ?? '')
}
