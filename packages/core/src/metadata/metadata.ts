import { deadline, fetchJson, type Loaded } from '../http/fetch-json.ts'
import { holdsPassword, isLoopback, isSecure, isThisHost } from '../http/secure-url.ts'
import type { Outside } from '../http/shared-documents.ts'
import { asRecord } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { wellKnownUrls } from './well-known.ts'

/** An endpoint that metadata may name (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

export interface FoundEndpoint {
  readonly endpoint: string
  /** The well-known URL that named it. */
  readonly foundAt: string
}

interface Before {
  /** What was found before. */
  readonly before: Loaded<FoundEndpoint> | undefined
  readonly mayBeCached: boolean
}

const freshWhenSilent = 3_600_000
/** It stands in messages, logs and keys of maps. */
const longestEndpoint = 2048

/**
 * Finds one endpoint of an issuer: asks its well-known URLs in turn, that at which it was found before at first. An answer that is
 * no metadata of this very issuer, or lacks the endpoint, is passed over; a server that could not be asked ends the search,
 * because the next URL would not tell the truth either. All has to be done within one deadline.
 */
export async function discover(
  issuer: string,
  member: MetadataMember,
  outside: Outside,
  { before, mayBeCached }: Before,
): Promise<Loaded<FoundEndpoint>> {
  const signal = deadline()
  let mostTelling: UpstreamError | undefined
  for (const url of inOrder(wellKnownUrls(issuer), before?.document.foundAt)) {
    try {
      const kept = before?.document.foundAt === url ? before : undefined
      const read = (json: unknown): FoundEndpoint => ({
        endpoint: parseMetadata(json, member, issuer, url),
        foundAt: url,
      })
      return await fetchJson({ purpose: 'metadata', url, outside, signal, kept, mayBeCached, freshWhenSilent, read })
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      mostTelling = mostTelling === undefined || mostTelling.reason === 'not-found' ? error : mostTelling
    }
  }
  throw mostTelling ?? new UpstreamError({ reason: 'not-found', message: `${issuer} publishes no metadata` })
}

function inOrder(urls: readonly string[], first: string | undefined): readonly string[] {
  return first === undefined ? urls : [first, ...urls.filter((url) => url !== first)]
}

function parseMetadata(document: unknown, member: MetadataMember, issuer: string, url: string): string {
  const metadata = asRecord(document)
  const { issuer: named } = metadata
  const endpoint = valueOf(metadata, member)
  const name = member.replace('mtls_', '')
  if (typeof named !== 'string' || typeof endpoint !== 'string') {
    const message = `${url} answered no metadata of use: it lacks \`issuer\` or \`${name}\`, in place of which ${optionFor[member]} may be configured`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  if (named !== issuer) {
    throw new UpstreamError({ reason: 'issuer-mismatch', message: describeMismatch(named, issuer, url) })
  }
  if (!isAcceptableEndpoint(endpoint, issuer)) {
    const message = `${url} names a \`${name}\` that is no plain URL on https:, holds a password, or is on loopback though its issuer is not`
    throw new UpstreamError({ reason: 'insecure-endpoint', message })
  }
  return endpoint
}

const optionFor: Readonly<Record<MetadataMember, string>> = {
  jwks_uri: '`keys`',
  introspection_endpoint: '`introspection: { endpoint }`',
  mtls_introspection_endpoint: '`introspection: { endpoint }`',
}

/** Over mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function valueOf(metadata: Readonly<Record<string, unknown>>, name: MetadataMember): unknown {
  if (name !== 'mtls_introspection_endpoint') {
    return metadata[name]
  }
  return asRecord(metadata['mtls_endpoint_aliases'])['introspection_endpoint'] ?? metadata['introspection_endpoint']
}

function isAcceptableEndpoint(endpoint: string, issuer: string): boolean {
  const isPlain = endpoint.length <= longestEndpoint && /^[\x21-\x7E]+$/.test(endpoint)
  const url = isPlain && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !isSecure(url) || holdsPassword(url)) {
    return false
  }
  return !isThisHost(url) || isLoopback(new URL(issuer))
}

/** RFC 8414 §3.3 demands that both be identical. The commonest mistake deserves its own sentence. */
function describeMismatch(named: string, issuer: string, url: string): string {
  const isSlash = named === `${issuer}/` || `${named}/` === issuer
  return isSlash
    ? `${url} names an issuer that differs from ${issuer} only by a trailing slash: configure it exactly as the server names itself`
    : `${url} names another issuer than ${issuer}`
}
