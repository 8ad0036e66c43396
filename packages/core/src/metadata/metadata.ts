import type { LoadOptions } from '../http/cached-document.ts'
import { fetchDeadline, fetchJson, type LoadedDocument } from '../http/fetch-json.ts'
import type { Network } from '../http/network.ts'
import { hasCredentials, isLoopback, isSecure, isThisHost, maxUrlLength } from '../http/secure-url.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { wellKnownUrls } from './well-known.ts'

/** An endpoint that metadata may name (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

export interface FoundEndpoint {
  readonly endpoint: string
  /** The well-known URL that named it. */
  readonly foundAt: string
}

/**
 * Finds one endpoint of an issuer. It requests the well-known URLs in turn, first the one that named the endpoint
 * before. It passes over a response that is no metadata of this issuer, or lacks the endpoint. An unreachable server
 * ends the search. One deadline applies to all requests.
 *
 * @throws UpstreamError
 */
export async function discover(
  issuer: string,
  member: MetadataMember,
  network: Network,
  { previous: before, mayBeCached }: LoadOptions<FoundEndpoint>,
): Promise<LoadedDocument<FoundEndpoint>> {
  const signal = fetchDeadline()
  let failure = new UpstreamError({ reason: 'not-found', message: describeAbsence(issuer, member) })
  for (const url of inOrder(wellKnownUrls(issuer), before?.document.foundAt)) {
    try {
      const previous = before?.document.foundAt === url ? before : undefined
      const read = (json: unknown): FoundEndpoint => ({
        endpoint: readEndpoint(json, member, issuer, url),
        foundAt: url,
      })
      return await fetchJson({ purpose: 'metadata', url, network, signal, previous, mayBeCached, read })
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      failure = failure.reason === 'not-found' && error.reason !== 'not-found' ? error : failure
    }
  }
  throw failure
}

function inOrder(urls: readonly string[], first: string | undefined): readonly string[] {
  return first === undefined ? urls : [first, ...urls.filter((url) => url !== first)]
}

function readEndpoint(metadata: unknown, member: MetadataMember, issuer: string, url: string): string {
  const named = own(metadata, 'issuer')
  const endpoint = memberOf(metadata, member)
  const name = member.replace('mtls_', '')
  if (typeof named !== 'string' || typeof endpoint !== 'string') {
    const message = `${url} answered no metadata with \`issuer\` and \`${name}\`. ${optionFor[member]} may be configured instead`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  if (named !== issuer) {
    throw new UpstreamError({ reason: 'issuer-mismatch', message: describeMismatch(named, issuer, member, url) })
  }
  if (!isAcceptableEndpoint(endpoint, issuer)) {
    const message = `${url} names a \`${name}\` that is no plain URL on https:, has a password, or is on loopback though its issuer is not`
    throw new UpstreamError({ reason: 'insecure-endpoint', message })
  }
  return endpoint
}

const optionFor: Readonly<Record<MetadataMember, string>> = {
  jwks_uri: '`keys`',
  introspection_endpoint: '`introspection: { endpoint }`',
  mtls_introspection_endpoint: '`introspection: { endpoint }`',
}

/** For mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function memberOf(metadata: unknown, name: MetadataMember): unknown {
  if (name !== 'mtls_introspection_endpoint') {
    return own(metadata, name)
  }
  const alias = own(own(metadata, 'mtls_endpoint_aliases'), 'introspection_endpoint')
  return alias ?? own(metadata, 'introspection_endpoint')
}

function isAcceptableEndpoint(endpoint: string, issuer: string): boolean {
  const isPlain = endpoint.length <= maxUrlLength && /^[\x21-\x7E]+$/.test(endpoint)
  const url = isPlain ? URL.parse(endpoint) : null
  if (url === null || !isSecure(url) || hasCredentials(url)) {
    return false
  }
  return !isThisHost(url) || isLoopback(new URL(issuer))
}

function describeAbsence(issuer: string, member: MetadataMember): string {
  return `${issuer} publishes no metadata at its well-known URLs. ${optionFor[member]} may be configured instead`
}

/** RFC 8414 §3.3 demands that both are identical. */
function describeMismatch(named: string, issuer: string, member: MetadataMember, url: string): string {
  const isSlash = named === `${issuer}/` || `${named}/` === issuer
  return isSlash
    ? `${url} names an issuer that differs from ${issuer} only by a trailing slash. Configure the name that the server states`
    : `${url} names another issuer than ${issuer}. If its tokens name ${issuer}, ${optionFor[member]} may be configured`
}
