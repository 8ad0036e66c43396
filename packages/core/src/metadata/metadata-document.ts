import { hasCredentials, isThisHost, maxUrlLength } from '../http/secure-url.ts'
import { nameOf } from '../http/send-request.ts'
import { isLoopback, isSecure } from '../lib/loopback.ts'
import { isRecord, own, ownPresent } from '../lib/record.ts'
import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'
import { matchesTemplate } from './issuer-template.ts'
import type { MetadataSource } from './metadata-source.ts'

/** An endpoint that metadata may name (RFC 8414 §2). */
export type MetadataMember = 'jwks_uri' | 'introspection_endpoint' | 'mtls_introspection_endpoint'

/**
 * Reads one endpoint from the metadata that was fetched from `url`. It checks that the metadata belongs to the issuer,
 * and that the endpoint may be called. A member that is `null` or empty is absent.
 *
 * @throws UpstreamError
 */
export function readEndpoint(
  metadata: unknown,
  member: MetadataMember,
  { issuer, url: configured }: MetadataSource,
  url: string,
): string {
  const name = member.replace('mtls_', '')
  const fault = (reason: UpstreamReason, message: string): UpstreamError =>
    new UpstreamError({ reason, message: `${nameOf(url)} ${message}` })
  const expectMember = (required: string, value: unknown): string => {
    if (typeof value !== 'string') {
      const state = value === undefined ? 'without' : 'with a malformed'
      throw fault('malformed-document', `answered metadata ${state} \`${required}\``)
    }
    return value
  }
  if (!isRecord(metadata)) {
    throw fault('malformed-document', 'answered no metadata, but another JSON value')
  }
  const stated = expectMember('issuer', ownPresent(metadata, 'issuer'))
  const endpoint = expectMember(name, memberOf(metadata, member))
  // RFC 8414 §3.3 demands that both are identical. Only a configured document can be one of several tenants.
  if (stated !== issuer && (configured === undefined || !matchesTemplate(stated, issuer))) {
    const message = `${nameOf(url)} ${mismatchOf(stated, issuer)}`
    throw new UpstreamError({ reason: 'issuer-mismatch', message, received: stated })
  }
  const endpointFault = faultOf(endpoint, url)
  if (endpointFault !== undefined) {
    throw fault('insecure-endpoint', `names a \`${name}\` that ${endpointFault}`)
  }
  return endpoint
}

function mismatchOf(stated: string, issuer: string): string {
  if (stated === `${issuer}/` || `${stated}/` === issuer) {
    return `names an issuer that differs from ${issuer} only by a trailing slash. Configure the name that the tokens state in \`iss\``
  }
  if (matchesTemplate(stated, issuer)) {
    return 'names several tenants with `{tenantid}`, which is accepted only at the URL of the option `metadata`'
  }
  return `names another issuer than ${issuer}`
}

/** For mutual TLS a server may have an endpoint of its own (RFC 8705 §5). */
function memberOf(metadata: unknown, member: MetadataMember): unknown {
  if (member !== 'mtls_introspection_endpoint') {
    return ownPresent(metadata, member)
  }
  const alias = ownPresent(own(metadata, 'mtls_endpoint_aliases'), 'introspection_endpoint')
  return alias ?? ownPresent(metadata, 'introspection_endpoint')
}

/** Why the endpoint must not be called. Only metadata that was fetched from loopback may name this host. */
function faultOf(endpoint: string, fetched: string): string | undefined {
  if (endpoint.length > maxUrlLength) {
    return `has more than ${maxUrlLength} characters`
  }
  const url = /^[\x21-\x7E]+$/.test(endpoint) ? URL.parse(endpoint) : null
  if (url === null) {
    return 'is no absolute URL of printable ASCII characters'
  }
  if (!isSecure(url)) {
    return 'is not on https:'
  }
  if (hasCredentials(url)) {
    return 'contains a user name or a password'
  }
  return isThisHost(url) && !isLoopback(new URL(fetched)) ? 'is on this host, though its metadata is not' : undefined
}
