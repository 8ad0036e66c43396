import * as oauth from 'oauth4webapi'
import { client } from './authorization-server.ts'

export interface TokenRequest {
  readonly scope: string
  /** The API for which the client requests the token (RFC 8707). */
  readonly resource: string
}

const insecure = { [oauth.allowInsecureRequests]: true }

/** Returns a function that requests access tokens: discovery, then the token endpoint (RFC 6749 §4.4). */
export async function createClient(issuer: string): Promise<(request: TokenRequest) => Promise<string>> {
  const url = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))

  return async ({ scope, resource }) => {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      { client_id: client.id },
      oauth.ClientSecretBasic(client.secret),
      new URLSearchParams({ scope, resource }),
      insecure,
    )
    const { access_token: token } = await oauth.processClientCredentialsResponse(
      server,
      { client_id: client.id },
      response,
    )
    return token
  }
}

/** Revokes a token, as a client does at a logout (RFC 7009). */
export async function revoke(issuer: string, token: string): Promise<void> {
  const url = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))
  const authentication = oauth.ClientSecretBasic(client.secret)
  const response = await oauth.revocationRequest(server, { client_id: client.id }, authentication, token, insecure)
  await oauth.processRevocationResponse(response)
}
