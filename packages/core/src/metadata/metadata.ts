import type { Dispatcher } from 'undici'
import { deadline, fetchJson } from '../http/fetch-json.ts'
import { holdsPassword, isLoopback, isSecure, isThisHost } from '../http/secure-url.ts'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'
import { wellKnownUrls } from './well-known.ts'

/** The URLs that we use of an authorization server's metadata (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

/** Those that were wanted, each an endpoint or what is wrong with it: a missing one is no concern of those who need another. */
export type Metadata = Readonly<Partial<Record<MetadataMember, string | UpstreamError>>>

export function expectMember(metadata: Metadata, member: MetadataMember): string {
  const endpoint = metadata[member]
  if (typeof endpoint !== 'string') {
    throw endpoint ?? new TypeError(`Expected \`${member}\` to have been wanted of the metadata`)
  }
  return endpoint
}

/**
 * Asks the well-known URLs of an issuer in turn. An answer that is no metadata of this very issuer, or not complete, is passed over;
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
  let incomplete: Metadata | undefined
  for (const url of wellKnownUrls(issuer)) {
    try {
      const metadata = parseMetadata(await fetchJson(url, dispatcher, signal), wanted, issuer, url)
      if (wanted.every((member) => typeof metadata[member] === 'string')) {
        return metadata
      }
      incomplete ??= metadata
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      mostTelling = mostTelling === undefined || mostTelling.reason === 'not-found' ? error : mostTelling
    }
  }
  if (incomplete !== undefined) {
    return incomplete
  }
  throw mostTelling ?? new UpstreamError({ reason: 'not-found', message: `${issuer} publishes no metadata` })
}

function parseMetadata(document: unknown, wanted: readonly MetadataMember[], issuer: string, url: string): Metadata {
  const metadata = asRecord(document)
  const { issuer: named } = metadata
  if (typeof named !== 'string') {
    throw new UpstreamError({
      reason: 'malformed-document',
      message: `${url} answered no metadata: it lacks \`issuer\``,
    })
  }
  if (named !== issuer) {
    throw new UpstreamError({ reason: 'issuer-mismatch', message: describeMismatch(named, issuer, url) })
  }
  const found = wanted.map((name) => [name, parseEndpoint(name, valueOf(metadata, name), issuer, url)] as const)
  const faults = found.map(([, endpoint]) => endpoint).filter((endpoint) => typeof endpoint !== 'string')
  if (faults[0] !== undefined && faults.length === found.length) {
    throw faults[0]
  }
  return Object.fromEntries(found)
}

/** Over mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function valueOf(metadata: Readonly<Record<string, unknown>>, name: MetadataMember): unknown {
  if (name !== 'mtls_introspection_endpoint') {
    return metadata[name]
  }
  return asRecord(metadata['mtls_endpoint_aliases'])['introspection_endpoint'] ?? metadata['introspection_endpoint']
}

function parseEndpoint(name: MetadataMember, endpoint: unknown, issuer: string, url: string): string | UpstreamError {
  const member = name.replace('mtls_', '')
  if (typeof endpoint !== 'string') {
    const message = `${url} lacks \`${member}\`: configure ${optionFor[name]}`
    return new UpstreamError({ reason: 'malformed-document', message })
  }
  if (!isAcceptableEndpoint(endpoint, issuer)) {
    const message = `${url} names a \`${member}\` that is not on https:, holds a password, or is on loopback though its issuer is not`
    return new UpstreamError({ reason: 'insecure-endpoint', message })
  }
  return endpoint
}

const optionFor: Readonly<Record<MetadataMember, string>> = {
  jwks_uri: '`keys`',
  introspection_endpoint: '`introspection: { endpoint }`',
  mtls_introspection_endpoint: '`introspection: { endpoint }`',
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
