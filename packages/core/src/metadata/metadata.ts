import { fetchJson, type LoadedDocument, type LoadOptions } from '../http/fetch-json.ts'
import { hasCredentials, isLoopback, isSecure, isThisHost, maxUrlLength } from '../http/secure-url.ts'
import { withDeadline } from '../lib/deadline.ts'
import { own } from '../lib/record.ts'
import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'

/** An endpoint that metadata may name (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

export interface FoundEndpoint {
  readonly endpoint: string
}

/** Milliseconds after which the next well-known URL is requested too, because a gateway may not serve all of them. */
const maxSilence = 1000

/**
 * Finds one endpoint of an issuer. It requests the well-known URLs in turn, first the one that named the endpoint
 * before. It passes over a URL that fails, or whose response is no metadata of this issuer, or lacks the endpoint. One
 * deadline applies to all requests.
 *
 * @throws UpstreamError
 */
export async function discover(
  issuer: string,
  member: MetadataMember,
  options: LoadOptions<FoundEndpoint>,
): Promise<LoadedDocument<FoundEndpoint>> {
  const before = options.previous?.url
  const urls = wellKnownUrls(issuer).toSorted((one, other) => Number(other === before) - Number(one === before))
  const attempts: Promise<LoadedDocument<FoundEndpoint>>[] = []
  for (const url of urls) {
    attempts.push(fetchJson(url, (json) => ({ endpoint: readEndpoint(json, member, issuer, url) }), options))
    const found = await firstOf(attempts, AbortSignal.timeout(maxSilence))
    if (found !== undefined) {
      return found
    }
  }
  const results = await Promise.allSettled(attempts)
  const found = results.find((result) => result.status === 'fulfilled')
  if (found === undefined) {
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    throw decisive(failures) ?? notFound(issuer, member)
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

function notFound(issuer: string, member: MetadataMember): UpstreamError {
  const message = `${issuer} publishes no metadata at its well-known URLs. ${optionFor(member)} may be configured instead`
  return new UpstreamError({ reason: 'not-found', message })
}

/**
 * The URLs of the metadata, in the order of the requests. RFC 8414 §3.1 puts the suffix between host and path. OpenID
 * Connect Discovery §4.1 appends it to the issuer.
 */
function wellKnownUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const openid = '/.well-known/openid-configuration'
  const urls = [`/.well-known/oauth-authorization-server${path}`, `${openid}${path}`, `${path}${openid}`]
  return [...new Set(urls)].map((url) => `${origin}${url}`)
}

function readEndpoint(metadata: unknown, member: MetadataMember, issuer: string, url: string): string {
  const named = own(metadata, 'issuer')
  const endpoint = memberOf(metadata, member)
  const [name, option] = [member.replace('mtls_', ''), optionFor(member)]
  const fault = (reason: UpstreamReason, message: string): UpstreamError =>
    new UpstreamError({ reason, message: `${url} ${message}` })
  if (typeof named !== 'string' || typeof endpoint !== 'string') {
    const missing = `answered no metadata with \`issuer\` and \`${name}\``
    throw fault('malformed-document', `${missing}. ${option} may be configured instead`)
  }
  // RFC 8414 §3.3 demands that both are identical.
  if (named !== issuer) {
    const isSlash = named === `${issuer}/` || `${named}/` === issuer
    const message = isSlash
      ? `names an issuer that differs from ${issuer} only by a trailing slash. Configure the name that the server states`
      : `names another issuer than ${issuer}. If its tokens name ${issuer}, ${option} may be configured`
    throw fault('issuer-mismatch', message)
  }
  if (!isAcceptableEndpoint(endpoint, issuer)) {
    const faults = 'is no plain URL on https:, has a password, or is on loopback though its issuer is not'
    throw fault('insecure-endpoint', `names a \`${name}\` that ${faults}`)
  }
  return endpoint
}

function optionFor(member: MetadataMember): string {
  return member === 'jwks_uri' ? '`keys`' : '`introspection: { endpoint }`'
}

/** For mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function memberOf(metadata: unknown, member: MetadataMember): unknown {
  if (member !== 'mtls_introspection_endpoint') {
    return own(metadata, member)
  }
  const alias = own(own(metadata, 'mtls_endpoint_aliases'), 'introspection_endpoint')
  return alias ?? own(metadata, 'introspection_endpoint')
}

function isAcceptableEndpoint(endpoint: string, issuer: string): boolean {
  const url = endpoint.length <= maxUrlLength && /^[\x21-\x7E]+$/.test(endpoint) ? URL.parse(endpoint) : null
  const isSound = url !== null && isSecure(url) && !hasCredentials(url)
  return isSound && (!isThisHost(url) || isLoopback(new URL(issuer)))
}
