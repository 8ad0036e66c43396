import { own } from '@tollgate/core/adapter'
import { describeFailure, fetchOnce, isFailure } from './fetch.ts'
import { describeResult, documentOf, endpointIn, type FoundMetadata } from './metadata.ts'
import type { CheckReport } from './report.ts'

/** The methods that the library has, by their registered names (RFC 8414 §2). */
const methods: Readonly<Record<string, string>> = {
  client_secret_basic: 'clientSecretBasic',
  client_secret_post: 'clientSecretPost',
  client_secret_jwt: 'clientSecretJwt',
  private_key_jwt: 'privateKeyJwt',
  tls_client_auth: 'tlsClientAuth',
  self_signed_tls_client_auth: 'tlsClientAuth',
}

/** Checks the introspection endpoint. It sends one request without a token and without credentials. */
export async function checkIntrospection(issuer: string, metadata: FoundMetadata): Promise<CheckReport> {
  const check = 'introspection'
  const endpoint = endpointIn(metadata, issuer, 'introspection_endpoint')
  if (endpoint instanceof Error && own(metadata.document, 'introspection_endpoint') !== undefined) {
    return {
      check,
      state: 'failed',
      found: endpoint.message,
      fix: 'Set `introspection: { endpoint }` in trustedIssuer.',
    }
  }
  if (typeof endpoint !== 'string') {
    return { check, state: 'skipped', found: 'the metadata names no endpoint; only opaque tokens need one' }
  }
  const usable = usableMethods(metadata)
  const found = `${endpoint}, with ${usable.length === 0 ? 'no method that Tollgate has' : usable.join(', ')}`
  if (usable.length === 0) {
    const fix =
      'Tollgate has client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth and bearer tokens.'
    return { check, state: 'warning', found, fix }
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await fetchOnce(endpoint, { method: 'POST', headers, body: '' })
  if (isFailure(response)) {
    const fix = 'Check the endpoint from this machine.'
    return { check, state: 'failed', found: `${describeFailure(response)} at ${found}`, fix }
  }
  const isThere = [400, 401, 403].includes(response.status) || documentOf(response) !== undefined
  const fix = 'Check the endpoint: 400 or 401 is usual for a request without credentials.'
  return isThere
    ? { check, state: 'passed', found }
    : { check, state: 'warning', found: `${describeResult(response)} at ${found}`, fix }
}

/** RFC 8414 §2: without the member, the method is client_secret_basic. */
function usableMethods({ document }: FoundMetadata): readonly string[] {
  const stated = own(document, 'introspection_endpoint_auth_methods_supported') ??
    own(document, 'token_endpoint_auth_methods_supported') ?? ['client_secret_basic']
  const names = Array.isArray(stated) ? stated : []
  return [
    ...new Set(
      names.flatMap((name) => (typeof name === 'string' && Object.hasOwn(methods, name) ? [methods[name] ?? ''] : [])),
    ),
  ]
}
