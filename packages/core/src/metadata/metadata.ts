import { fetchJson, type LoadedDocument, type LoadOptions } from '../http/fetch-json.ts'
import { withDeadline } from '../lib/deadline.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type MetadataMember, readEndpoint } from './metadata-document.ts'
import type { MetadataSource } from './metadata-source.ts'

export interface FoundEndpoint {
  readonly endpoint: string
}

/**
 * How long one well-known URL is requested before the next one is requested too, in milliseconds. A gateway may not
 * serve all of them.
 */
const maxHeadStart = 1000

/**
 * Finds one endpoint of an issuer. It requests the configured URL of the metadata, or the well-known URLs in turn,
 * first the one that named the endpoint before. It passes over a URL that fails, or whose response is no metadata of
 * this issuer, or lacks the endpoint. One deadline applies to all requests.
 *
 * @throws UpstreamError whose message names the options that replace discovery.
 */
export async function discover(
  source: MetadataSource,
  member: MetadataMember,
  options: LoadOptions<FoundEndpoint>,
): Promise<LoadedDocument<FoundEndpoint>> {
  const before = options.previous?.url
  const known = source.url === undefined ? wellKnownUrls(source.issuer) : [source.url]
  const urls = known.toSorted((one, other) => Number(other === before) - Number(one === before))
  // With a short deadline, every URL still has its turn.
  const headStart = Math.min(maxHeadStart, Math.ceil(source.timeout / (urls.length + 1)))
  const attempts: Promise<LoadedDocument<FoundEndpoint>>[] = []
  for (const url of urls) {
    attempts.push(fetchJson(url, (json) => ({ endpoint: readEndpoint(json, member, source, url) }), options))
    const found = await firstOf(attempts, AbortSignal.timeout(headStart))
    if (found !== undefined) {
      return found
    }
  }
  const results = await Promise.allSettled(attempts)
  const found = results.find((result) => result.status === 'fulfilled')
  if (found === undefined) {
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    throw withAdvice(decisive(failures) ?? notFound(source), source, member)
  }
  return found.value
}

/** The first result. `undefined` when every attempt has failed, or the signal aborts. */
async function firstOf<Result>(attempts: readonly Promise<Result>[], signal: AbortSignal): Promise<Result | undefined> {
  return withDeadline(Promise.any(attempts), signal, () => new Error('too slow')).catch(() => undefined)
}

/** The failure that says most: a bug, then an outage, then a wrong document. `undefined` when no URL has a document. */
function decisive(failures: readonly unknown[]): unknown {
  const upstream = failures.filter((failure) => failure instanceof UpstreamError)
  return (
    failures.find((failure) => !(failure instanceof UpstreamError)) ??
    upstream.find(({ isUnreachable }) => isUnreachable) ??
    upstream.find(({ reason }) => reason !== 'not-found')
  )
}

function notFound({ issuer, url }: MetadataSource): UpstreamError {
  const place = url === undefined ? 'at its well-known URLs' : 'at the URL of the option `metadata`'
  return new UpstreamError({ reason: 'not-found', message: `${issuer} publishes no metadata ${place}` })
}

/** The error says which options help when the metadata is elsewhere, or does not exist. */
function withAdvice(failure: unknown, { url }: MetadataSource, member: MetadataMember): unknown {
  if (!(failure instanceof UpstreamError) || failure.reason === 'closing') {
    return failure
  }
  const option = member === 'jwks_uri' ? '`keys`' : '`introspection: { endpoint }`'
  const advice =
    url === undefined
      ? `If the metadata is elsewhere, configure its URL as \`metadata\`, or configure ${option}`
      : `Correct \`metadata\`, or configure ${option} in its place`
  const { reason, message, cause, retryAfter, received } = failure
  return new UpstreamError({ reason, message: `${message}. ${advice}`, cause, retryAfter, received })
}

/**
 * The URLs of the metadata, in the order of the requests. RFC 8414 §3.1 puts the suffix between host and path. OpenID
 * Connect Discovery §4.1 appends it to the issuer.
 */
export function wellKnownUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const openid = '/.well-known/openid-configuration'
  const urls = [`/.well-known/oauth-authorization-server${path}`, `${openid}${path}`, `${path}${openid}`]
  return [...new Set(urls)].map((url) => `${origin}${url}`)
}
