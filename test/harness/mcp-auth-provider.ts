import { browseTo } from './mcp-browser.ts'
import { callbackUrl } from './mcp-authorization-server.ts'

export interface McpClientOptions {
  /** The client has this URL as its `client_id`. Default: it registers. */
  readonly clientMetadataUrl?: string
  /** The client requests a token for another resource than the server. Default: for the resource of the metadata. */
  readonly resource?: string
  /** The client wants refresh tokens. Default: `false`. */
  readonly refreshes?: boolean
  /** The client binds its tokens to a key. The SDK v1 cannot. Default: `false`. */
  readonly dpop?: boolean
}

/** The storage of a client, in memory. The types are those of the SDK. */
export interface AuthProvider<Client, Tokens, State> {
  readonly redirectUrl: string
  readonly clientMetadataUrl?: string
  readonly clientMetadata: {
    client_name: string
    redirect_uris: string[]
    grant_types: string[]
    response_types: string[]
    token_endpoint_auth_method: string
    application_type: 'native'
  }
  clientInformation(): Client | undefined
  saveClientInformation(client: Client): void
  tokens(): Tokens | undefined
  saveTokens(tokens: Tokens): void
  redirectToAuthorization(url: URL): Promise<void>
  saveCodeVerifier(verifier: string): void
  codeVerifier(): string
  saveDiscoveryState(state: State): void
  discoveryState(): State | undefined
  validateResourceURL?(): Promise<URL>
}

/** What the client stored, and what its "browser" did. */
export interface AuthLog {
  /** The access tokens in order. */
  readonly tokens: readonly string[]
  readonly hasRefreshToken: () => boolean
  readonly clientId: () => string | undefined
  /** The parameters of each authorization request. */
  readonly authorizations: readonly URLSearchParams[]
  /** The parameters with which the last authorization request came back. */
  readonly callback: () => URLSearchParams
}

/** Follows the redirects of an authorization request over HTTP, in place of a browser. */
export function createAuthProvider<
  Client extends { client_id: string },
  Tokens extends { access_token: string; refresh_token?: string | undefined },
  State,
>({
  clientMetadataUrl,
  resource,
  refreshes = false,
}: McpClientOptions): AuthProvider<Client, Tokens, State> & { readonly log: AuthLog } {
  const accessTokens: string[] = []
  const authorizations: URLSearchParams[] = []
  let client: Client | undefined
  let tokens: Tokens | undefined
  let state: State | undefined
  let verifier = ''
  let callback = new URLSearchParams()
  return {
    redirectUrl: callbackUrl,
    ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }),
    clientMetadata: {
      client_name: 'A client of the tests',
      redirect_uris: [callbackUrl],
      grant_types: ['authorization_code', ...(refreshes ? ['refresh_token'] : [])],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
    clientInformation: () => client,
    saveClientInformation: (saved) => (client = saved),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved
      accessTokens.push(saved.access_token)
    },
    redirectToAuthorization: async (url) => {
      authorizations.push(url.searchParams)
      callback = await browseTo(url, callbackUrl)
    },
    saveCodeVerifier: (saved) => (verifier = saved),
    codeVerifier: () => verifier,
    saveDiscoveryState: (saved) => (state = saved),
    discoveryState: () => state,
    ...(resource === undefined ? {} : { validateResourceURL: async () => new URL(resource) }),
    log: {
      tokens: accessTokens,
      hasRefreshToken: () => tokens?.refresh_token !== undefined,
      clientId: () => client?.client_id,
      authorizations,
      callback: () => callback,
    },
  }
}
