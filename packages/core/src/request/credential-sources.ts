import { describe, describeOther, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { shared } from '../lib/shared-state.ts'
import { expectAllowedOrigins } from './allowed-origins.ts'

/** A header whose whole value is the token. Only `header(name)` creates it. */
export interface HeaderSource {
  readonly in: 'header'
  /** In lower case. */
  readonly name: string
}

/** A cookie whose value is the token. Only `cookie(name)` creates it. */
export interface CookieSource {
  readonly in: 'cookie'
  readonly name: string
  readonly origins: readonly string[]
}

/** The subprotocols of a WebSocket, of which the second is the token. Only `webSocketProtocol()` creates it. */
export interface WebSocketProtocolSource {
  readonly in: 'web-socket-protocol'
  readonly name: 'sec-websocket-protocol'
}

/** A place of the token in a request. `'authorization'` is `Authorization: Bearer <token>` (RFC 6750 §2.1). */
export type CredentialSource = 'authorization' | HeaderSource | CookieSource | WebSocketProtocolSource

/** The options of the source `cookie`. */
export interface CookieOptions {
  /**
   * The origins whose pages may send the cookie with every method, and may open WebSockets with it. Each is written
   * exactly as browsers serialize it, such as `https://app.example.com`. Pages of the same origin always may, if the
   * browser sends `Sec-Fetch-Site`. Default: none.
   */
  readonly origins?: string | readonly string[] | undefined
}

const created = shared('credential sources', () => new WeakSet<object>())

/**
 * Reads the token from a header of its own, such as `header('cf-access-jwt-assertion')`. The whole value is the token,
 * without a scheme. An empty value is an absent token, and a repeated line is 400 `repeated-credentials`.
 *
 * Does NOT check that a proxy removes the header from requests of clients. Does NOT protect against CSRF: if a proxy
 * creates the header from a cookie, every page can cause requests with it.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an invalid name, and for a header that has another meaning.
 */
export function header(name: string): HeaderSource {
  const lower = expectName(name, 'header').toLowerCase()
  const hint = misusedHeaders.get(lower)
  if (hint !== undefined) {
    throw invalidOption(`Expected header(…) to name a header for the token alone, got \`${lower}\`; ${hint}`)
  }
  return create({ in: 'header', name: lower })
}

/**
 * Reads the token from a cookie (RFC 6265). The name is case-sensitive. The value is not decoded. An empty value is an
 * absent token. The same value twice counts once, and two different values are 400 `repeated-credentials`.
 *
 * Browsers send cookies on their own. If no other source has the token, the request must be same-origin. This applies
 * to every method except GET, HEAD and OPTIONS, and to a request that opens a WebSocket. `Sec-Fetch-Site: same-origin`,
 * or an `Origin` in `origins`, shows it. Otherwise the request is refused with 403 `cross-origin`, before the token is
 * validated.
 *
 * Does NOT protect a GET with side effects. Does NOT set the cookie, nor check its attributes `Secure`, `HttpOnly` and
 * `SameSite`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an invalid name, and for origins that are not exact.
 */
export function cookie(name: string, options: CookieOptions = {}): CookieSource {
  const { origins } = expectOptions(options, 'the options of cookie', ['origins'])
  return create({ in: 'cookie', name: expectName(name, 'cookie'), origins: expectAllowedOrigins(origins) })
}

/**
 * Reads the token from `Sec-WebSocket-Protocol: bearer, <token>` of a request that opens a WebSocket, for browsers:
 * `new WebSocket(url, ['bearer', token])`. These two must be the only subprotocols, in this order, or the request is 400
 * `malformed-credentials`. Other subprotocols without `bearer` are no credentials.
 *
 * The server must answer with the subprotocol `bearer` alone. The library `ws` and those above it do this: they choose
 * the first one. Subprotocols allow only some characters (RFC 6455 §4.1): a token with `/` or `=` cannot come this way.
 * Does NOT keep the token out of logs of your proxies that contain this header.
 */
export function webSocketProtocol(): WebSocketProtocolSource {
  return create({ in: 'web-socket-protocol', name: 'sec-websocket-protocol' })
}

/** Checks the option `credentials`. `undefined` is the default. */
export function expectCredentialSources(given: unknown = 'authorization'): readonly CredentialSource[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) {
    throw invalidOption(`Expected \`credentials\` to name at least one source, got ${describe(given)}`)
  }
  const sources = Array.from(list, expectSource)
  const places = new Set(sources.map((source) => (typeof source === 'string' ? source : `${source.in} ${source.name}`)))
  if (places.size < sources.length) {
    throw invalidOption('Expected each source once in `credentials`; give a cookie all its origins in one array')
  }
  return Object.freeze(sources)
}

function create<Source extends Exclude<CredentialSource, string>>(source: Source): Source {
  created.add(source)
  return Object.freeze(source)
}

/** A word or an object that only looks like a source must not open a route, and must not close one silently. */
function expectSource(source: unknown): CredentialSource {
  if (source === 'authorization' || (typeof source === 'object' && source !== null && created.has(source))) {
    return source as CredentialSource
  }
  const hint = typeof source === 'function' ? "; call it with a name, such as cookie('session')" : ''
  throw invalidOption(
    `Expected \`credentials\` to be 'authorization', a result of header(name), cookie(name, { origins }) or webSocketProtocol(), or an array of these, got ${describeOther(source)}${hint}`,
  )
}

const misusedHeaders: ReadonlyMap<string, string> = new Map([
  ['authorization', 'use the source `authorization`, which removes the scheme'],
  ['cookie', 'use cookie(name), which reads one cookie and checks the origin of the request'],
  ['proxy-authorization', 'its credentials are meant for a proxy (RFC 9110 §11.7)'],
])

/** A token of RFC 9110 §5.6.2. Names of headers and of cookies are tokens. */
function expectName(name: unknown, what: 'header' | 'cookie'): string {
  if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~\w-]{1,256}$/.test(name)) {
    throw invalidOption(
      `Expected the name of a ${what} to be 1 to 256 letters, digits or characters out of !#$%&'*+.^_\`|~-, got ${describeOther(name)}`,
    )
  }
  return name
}
