import * as oauth from 'oauth4webapi'
import { request } from 'undici'
import { redirectUri, secret } from './authorization-server.ts'

/** A client of an authorization server, made with a library that is independent of ours. */
export interface Application {
  /** A token for the API by client credentials (RFC 6749 §4.4). */
  readonly byClientCredentials: (resource?: string) => Promise<string>
  /** The tokens for the API by the authorization code flow with PKCE. The resource owner is alice. */
  readonly byAuthorizationCode: (resource?: string) => Promise<Tokens>
  /** Revokes a token (RFC 7009). */
  readonly revoke: (token: string) => Promise<void>
}

interface Tokens {
  readonly access: string
  /** Empty where the server issued none. */
  readonly refresh: string
  /** The ID token. Empty where the server issued none. */
  readonly id: string
}

export interface ApplicationOptions {
  readonly id?: string
  readonly secret?: string
  /** The scope by authorization code. */
  readonly scope?: string
  /** More parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>
  /** The cookies of a browser in which alice has logged in. */
  readonly cookies?: ReadonlyMap<string, string>
}

const insecure = { [oauth.allowInsecureRequests]: true }

/** `issuer` is a URL that leads to the metadata of the server, or the metadata. */
export async function openApplication(
  issuer: string | oauth.AuthorizationServer,
  { id = 'app', secret: ofClient = secret, scope = 'openid read', parameters = {}, cookies }: ApplicationOptions = {},
): Promise<Application> {
  const server = typeof issuer === 'string' ? await discover(new URL(issuer)) : issuer
  const client = { client_id: id }
  const authentication = oauth.ClientSecretBasic(ofClient)

  async function byAuthorizationCode(resource?: string): Promise<Tokens> {
    const verifier = oauth.generateRandomCodeVerifier()
    const nonce = scope.includes('openid') ? oauth.generateRandomNonce() : undefined
    const state = oauth.generateRandomState()
    const start = new URL(server.authorization_endpoint ?? '')
    start.search = new URLSearchParams({
      client_id: id,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(nonce === undefined ? {} : { nonce }),
      ...ofResource(resource),
      ...parameters,
    }).toString()
    const callback = oauth.validateAuthResponse(server, client, await browse(start, cookies), state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      callback,
      redirectUri,
      verifier,
      { ...insecure, additionalParameters: ofResource(resource) },
    )
    const expected = nonce === undefined ? {} : { expectedNonce: nonce }
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected)
    return { access: tokens.access_token, refresh: tokens.refresh_token ?? '', id: tokens.id_token ?? '' }
  }

  return {
    byAuthorizationCode,
    byClientCredentials: async (resource) => {
      const requested = new URLSearchParams({ scope: 'read', ...ofResource(resource) })
      const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, requested, insecure)
      return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
    },
    revoke: async (token) => {
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(server, client, authentication, token, insecure),
      )
    },
  }
}

async function discover(url: URL): Promise<oauth.AuthorizationServer> {
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure))
}

function ofResource(resource: string | undefined): Readonly<Record<string, string>> {
  return resource === undefined ? {} : { resource }
}

/** Follows redirects with cookies, as a browser does, until one leads to the application. */
async function browse(start: URL, known: ReadonlyMap<string, string> = new Map()): Promise<URL> {
  const cookies = new Map(known)
  let url = start
  for (let step = 0; step < 10 && !url.href.startsWith(redirectUri); step += 1) {
    // `fetch` states that it is a script, and some servers then respond without a redirect.
    const { headers, body } = await request(url, { headers: { cookie: cookieLine(cookies) } })
    await body.dump()
    cookiesOf([headers['set-cookie'] ?? []].flat()).forEach((value, name) => cookies.set(name, value))
    url = new URL([headers['location'] ?? redirectUri].flat()[0] ?? '', url)
  }
  return url
}

/** The cookies that lines of `Set-Cookie` set. */
export function cookiesOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const pairs = lines.map((line) => line.split(';')[0]?.split(/=(.*)/s) ?? [])
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}

export function cookieLine(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map((pair) => pair.join('=')).join('; ')
}
