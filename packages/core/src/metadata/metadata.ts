import type { Dispatcher } from 'undici'
import { deadline, fetchJson } from '../http/fetch-json.ts'
import { holdsPassword, isLoopback, isSecure, isThisHost } from '../http/secure-url.ts'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'
import { wellKnownUrls } from './well-known.ts'

/** What we use of an authorization server's metadata (RFC 8414 §2, OpenID Connect Discovery §3). */
export interface Metadata {
  readonly jwksUri: string
}

/**
 * Asks the well-known URLs of an issuer in turn. An answer that is no metadata of this very issuer is passed over;
 * a server that could not be asked ends the search, because the next URL would not tell the truth either. All has to be
 * done within one deadline.
 */
export async function discover(issuer: string, dispatcher: Dispatcher): Promise<Metadata> {
  const signal = deadline()
  let mostTelling: UpstreamError | undefined
  for (const url of wellKnownUrls(issuer)) {
    try {
      return parseMetadata(await fetchJson(url, dispatcher, signal), issuer, url)
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.isUnreachable) {
        throw error
      }
      mostTelling = mostTelling === undefined || mostTelling.reason === 'not-found' ? error : mostTelling
    }
  }
  throw mostTelling ?? new UpstreamError({ reason: 'not-found', message: `${issuer} publishes no metadata` })
}

function parseMetadata(document: unknown, issuer: string, url: string): Metadata {
  const { issuer: named, jwks_uri: jwksUri } = asRecord(document)
  if (typeof named !== 'string' || typeof jwksUri !== 'string') {
    const message = `${url} answered no metadata: it lacks \`issuer\` or \`jwks_uri\``
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  if (named !== issuer) {
    throw new UpstreamError({ reason: 'issuer-mismatch', message: describeMismatch(named, issuer, url) })
  }
  if (!isAcceptableEndpoint(jwksUri, issuer)) {
    const message = `${url} names a \`jwks_uri\` that is not on https:, holds a password, or is on loopback though its issuer is not`
    throw new UpstreamError({ reason: 'insecure-endpoint', message })
  }
  return { jwksUri }
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
