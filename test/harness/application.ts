import * as oauth from 'oauth4webapi'
import { redirectUri, secret } from './authorization-server.ts'

/** A client of an authorization server, made with a library that is independent of ours. */
export interface Application {
  /** A token for the API by client credentials (RFC 6749 §4.4). */
  readonly byClientCredentials: (resource: string) => Promise<string>
  /** Access and refresh token for the API by the authorization code flow with PKCE. The resource owner is alice. */
  readonly byAuthorizationCode: (resource: string) => Promise<{ access: string; refresh: string }>
  /** Revokes a token (RFC 7009). */
  readonly revoke: (token: string) => Promise<void>
}

const insecure = { [oauth.allowInsecureRequests]: true }
const client = { client_id: 'app' }
const authentication = oauth.ClientSecretBasic(secret)

export async function openApplication(issuer: string): Promise<Application> {
  const url = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))

  async function byAuthorizationCode(resource: string): Promise<{ access: string; refresh: string }> {
    const verifier = oauth.generateRandomCodeVerifier()
    const start = new URL(server.authorization_endpoint ?? '')
    start.search = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid read',
      resource,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    const parameters = oauth.validateAuthResponse(server, client, await browse(start), oauth.expectNoState)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      redirectUri,
      verifier,
      { ...insecure, additionalParameters: { resource } },
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    return { access: tokens.access_token, refresh: tokens.refresh_token ?? '' }
  }

  return {
    byAuthorizationCode,
    byClientCredentials: async (resource) => {
      const parameters = new URLSearchParams({ scope: 'read', resource })
      const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure)
      return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
    },
    revoke: async (token) => {
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(server, client, authentication, token, insecure),
      )
    },
  }
}

/** Follows redirects with cookies, as a browser does, until one leads to the application. */
async function browse(start: URL): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = start
  for (let step = 0; step < 10 && !url.href.startsWith(redirectUri); step += 1) {
    const headers = { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }
    const response = await fetch(url, { redirect: 'manual', headers })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? []
      cookies.set(name, value)
    }
    url = new URL(response.headers.get('location') ?? redirectUri, url)
  }
  return url
}
