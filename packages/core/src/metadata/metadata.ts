import type { Dispatcher } from 'undici'
import { deadline, fetchJson } from '../http/fetch-json.ts'
import { holdsPassword, isLoopback, isSecure, isThisHost } from '../http/secure-url.ts'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'
import { wellKnownUrls } from './well-known.ts'

/** The URLs that we use of an authorization server's metadata (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

/** Those that were wanted; all of them are there. */
export type Metadata = Readonly<Record<MetadataMember, string | undefined>>

/**
 * Asks the well-known URLs of an issuer in turn. An answer that is no metadata of this very issuer is passed over;
 * a server that could not be asked ends the search, because the next URL would not tell the truth either. All has to be
 * done within one deadline.
 */
export async function discover(
  issuer: string,
  wanted: readonly MetadataMember[],
  dispatcher: Dispatcher,
): Promise<Metadata> {
  const signal = deadline()
  let mostTelling: UpstreamError | undefined
  for (const url of wellKnownUrls(issuer)) {
    try {
      return parseMetadata(await fetchJson(url, dispatcher, signal), wanted, issuer, url)
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      mostTelling = mostTelling === undefined || mostTelling.reason === 'not-found' ? error : mostTelling
    }
  }
  throw mostTelling ?? new UpstreamError({ reason: 'not-found', message: `${issuer} publishes no metadata` })
}

function parseMetadata(document: unknown, wanted: readonly MetadataMember[], issuer: string, url: string): Metadata {
  const metadata = asRecord(document)
  const found = wanted.map((name) => [name, valueOf(metadata, name)] as const)
  const missing = found.filter(([, value]) => typeof value !== 'string').map(([name]) => name.replace('mtls_', ''))
  const { issuer: named } = metadata
  if (typeof named !== 'string' || missing.length > 0) {
    const message = `${url} answered no metadata of use: it lacks \`${missing[0] ?? 'issuer'}\``
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  if (named !== issuer) {
    throw new UpstreamError({ reason: 'issuer-mismatch', message: describeMismatch(named, issuer, url) })
  }
  for (const [name, endpoint] of found) {
    expectAcceptable(name, String(endpoint), issuer, url)
  }
  return { ...none, ...Object.fromEntries(found) }
}

const none: Metadata = {
  jwks_uri: undefined,
  introspection_endpoint: undefined,
  mtls_introspection_endpoint: undefined,
}

/** Over mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function valueOf(metadata: Readonly<Record<string, unknown>>, name: MetadataMember): unknown {
  if (name !== 'mtls_introspection_endpoint') {
    return metadata[name]
  }
  return asRecord(metadata['mtls_endpoint_aliases'])['introspection_endpoint'] ?? metadata['introspection_endpoint']
}

function expectAcceptable(name: string, endpoint: string, issuer: string, url: string): void {
  if (!isAcceptableEndpoint(endpoint, issuer)) {
    const message = `${url} names a \`${name}\` that is not on https:, holds a password, or is on loopback though its issuer is not`
    throw new UpstreamError({ reason: 'insecure-endpoint', message })
  }
}

function isAcceptableEndpoint(endpoint: string, issuer: string): boolean {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
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
