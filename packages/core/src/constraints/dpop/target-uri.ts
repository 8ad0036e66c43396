import { isLoopback } from '../../lib/loopback.ts'
import { memberOf } from '../../lib/record.ts'
import { headerLines } from '../../request/header-lines.ts'
import type { HttpRequest } from '../../request/http-request.ts'
import { type KnownOrigins, parseOrigin } from './origins.ts'

/**
 * The target URI of the request, normalized, if the `htu` of a proof is that URI without query and fragment (RFC 9449
 * §4.3). `undefined` for any other `htu`. Both are compared after syntax- and scheme-based normalization (RFC 3986
 * §6.2.2, §6.2.3). The case of the path counts, and so do slashes and reserved characters that are percent-encoded.
 *
 * @throws TypeError when no origin is known under which clients call this server. An unvalidated `Host` is none.
 */
export function matchTarget(htu: string, request: HttpRequest, known: KnownOrigins): string | undefined {
  const origins = originsOf(request, known)
  const { origin = '', path: statedPath = '' } = splitUri(htu) ?? {}
  const stated = parseOrigin(origin)
  const path = pathOf(request.url)
  const isKnown = stated !== undefined && path !== undefined && isPlain(htu) && origins.includes(stated)
  const target = normalizePath(statedPath)
  return isKnown && target === normalizePath(path) ? `${stated}${target}` : undefined
}

/** The origin and the path of an absolute URI. The query and the fragment follow them. */
function splitUri(text: string): { readonly origin?: string; readonly path?: string } | undefined {
  return /^(?<origin>https?:\/\/[^/?#]*)(?<path>[^?#]*)/i.exec(text)?.groups
}

/** The URL parser would remove tabs, and would take a backslash for a slash. */
function isPlain(text: string): boolean {
  return /^[\x21-\x5b\x5d-\x7e]*$/.test(text)
}

/**
 * The origins of which a proof must name one: the option `origin`, or else what a trusted proxy states, or else the
 * audiences and a host on loopback. Throws a `TypeError` when none is known.
 */
export function originsOf(request: HttpRequest, { given, ofAudiences }: KnownOrigins): readonly string[] {
  if (given.length > 0) {
    return given
  }
  const stated = memberOf(request, 'origin') as HttpRequest['origin']
  const vouched = [stated ?? []].flat().flatMap((origin) => parseOrigin(origin) ?? [])
  const origins = vouched.length > 0 ? vouched : [...ofAudiences, ...loopbackOrigins(request)]
  if (origins.length === 0) {
    throw new TypeError(
      "Expected to know under which origin clients call this server, because DPoP proofs name it: set the option `origin`, such as 'https://api.example.com', or the trusted proxies of the framework",
    )
  }
  return origins
}

/** During development, the audience is often no URL of this server. A proof for another server never names loopback. */
function loopbackOrigins({ url, headers }: HttpRequest): readonly string[] {
  const ofUrl = splitUri(url)?.origin
  const hosts = ofUrl === undefined ? hostLines(headers) : [ofUrl.replace(/^[^/]*\/\//, '')]
  const origins = hosts.flatMap((host) => ['http', 'https'].map((scheme) => parseOrigin(`${scheme}://${host}`)))
  return origins.filter((origin) => origin !== undefined && isLoopback(new URL(origin))) as readonly string[]
}

/** HTTP/2 has a pseudo-header in place of `Host`. */
function hostLines(headers: HttpRequest['headers']): readonly string[] {
  const lines = headerLines(headers, 'host')
  return lines.length > 0 ? lines : headerLines(headers, ':authority')
}

/** The path of a request target: of a path with a query, or of an absolute URL (RFC 9112 §3.2). */
function pathOf(target: string): string | undefined {
  return target.startsWith('/') ? target.replace(/[?#][^]*$/, '') : splitUri(target)?.path
}

/** Unreserved characters are decoded, other escapes are in upper case, dot segments are removed, and no path is `/`. */
function normalizePath(path: string): string {
  const decoded = path.replaceAll(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
  })
  return removeDotSegments(decoded)
}

/** RFC 3986 §5.2.4, for a path that is absolute or empty. */
function removeDotSegments(path: string): string {
  const segments = path.split('/').slice(1)
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') {
      kept.pop()
    } else if (segment !== '.') {
      kept.push(segment)
    }
  }
  const endsInDots = ['.', '..'].includes(segments.at(-1) ?? '') && kept.length > 0
  return `/${kept.join('/')}${endsInDots ? '/' : ''}`
}
