import { type Client, methodsOf, signingAlgorithmsOf } from './client.ts'

/** The metadata by RFC 8414 §2 and OpenID Connect Discovery §3, with the members that a resource server reads. */
export function createMetadata(issuer: string, client: Client, algorithm: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: methodsOf(client),
    introspection_endpoint_auth_signing_alg_values_supported: signingAlgorithmsOf(client),
    introspection_signing_alg_values_supported: [algorithm],
  }
}
