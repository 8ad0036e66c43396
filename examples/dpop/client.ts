import { client } from '@tollgate/example-demo/authorization-server'
import * as openid from 'openid-client'

export interface Client {
  readonly token: string
  /**
   * Calls the API with a proof, and a second time if the API demands a nonce. Default: with the token of this client.
   * Throws `WWWAuthenticateChallengeError` for a refusal.
   */
  readonly call: (url: string, token?: string) => Promise<Response>
}

/** Requests a token that is bound to a new key. `onResponse` sees each response of the network. */
export async function createClient(
  issuer: string,
  resource: string,
  onResponse: (response: Response) => void = () => undefined,
): Promise<Client> {
  const authentication = openid.ClientSecretBasic(client.secret)
  const config = await openid.discovery(new URL(issuer), client.id, undefined, authentication, {
    // This server has no TLS, because it is on loopback.
    execute: [openid.allowInsecureRequests],
  })
  const keys = await openid.randomDPoPKeyPair('ES256')
  const DPoP = openid.getDPoPHandle(config, keys)
  const parameters = { resource, scope: 'orders:read' }
  const { access_token: own } = await openid.clientCredentialsGrant(config, parameters, { DPoP })

  config[openid.customFetch] = async (url, options) => {
    const response = await fetch(url, options as RequestInit)
    onResponse(response)
    return response
  }
  return {
    token: own,
    call: async (url, token = own) =>
      openid.fetchProtectedResource(config, token, new URL(url), 'GET', null, undefined, { DPoP }),
  }
}
