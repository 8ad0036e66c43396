/** An authorization server for MCP: oidc-provider with registration, client ID metadata documents and resource indicators. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { quietly } from '@tollgate/example-demo/quietly'
import { exportJWK, generateKeyPair } from 'jose'
import type { Configuration, Provider as OidcProvider } from 'oidc-provider'
import { Agent, fetch as undiciFetch, type RequestInit } from 'undici'
import { onTestFinished } from 'vitest'
import { certificate } from './certificates.ts'
import { type CleanUp, listen } from './listen.ts'

const { Provider } = await quietly(() => import('oidc-provider'))

/** Where clients get the code. The "browser" of the tests never opens it. */
export const callbackUrl = 'http://127.0.0.1:8765/callback'

export interface McpAuthorizationServer {
  /** The issuer. */
  readonly url: string
  /** The `client_id` of a client that does not register, and the URL of its metadata document. */
  readonly clientMetadataUrl: string
  /** From now on, the server ends every connection without a response. */
  readonly fail: () => void
}

/**
 * Starts oidc-provider. The resource owner is `alice`, who always agrees. Any `https:` or `http:` URL is a resource, and
 * each has these scopes. Its access tokens are JWTs of RFC 9068 for that resource.
 */
export async function openMcpAuthorizationServer(
  scopes: readonly string[],
  cleanUp: CleanUp = onTestFinished,
): Promise<McpAuthorizationServer> {
  const state: { answer?: (request: IncomingMessage, response: ServerResponse) => unknown } = {}
  const url = await listen(
    createServer((request, response) =>
      state.answer === undefined ? request.socket.destroy() : void state.answer(request, response),
    ),
    cleanUp,
  )
  const document = await openClientMetadataDocument(cleanUp)
  const settings: Configuration = {
    ...(await configuration(scopes)),
    fetch: document.fetch as unknown as typeof fetch,
  }
  const provider = quietly(() => new Provider(url, settings))
  acceptAllScopes(provider)
  const answer = provider.callback()
  state.answer = (request, response) =>
    request.url?.startsWith('/interaction/') === true ? logIn(provider, request, response) : answer(request, response)
  return { url, clientMetadataUrl: document.url, fail: () => delete state.answer }
}

/**
 * Serves the metadata document of a client (draft-ietf-oauth-client-id-metadata-document). `fetch` accepts its certificate.
 * It also replaces the dispatcher of oidc-provider, because that one refuses addresses of loopback.
 */
async function openClientMetadataDocument(cleanUp: CleanUp) {
  const tls = await certificate('client')
  const state = { url: '' }
  const origin = await listen(
    createTlsServer(tls, (_request, response) => {
      const metadata = {
        client_id: state.url,
        client_name: 'A client with a metadata document',
        redirect_uris: [callbackUrl],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
    }),
    cleanUp,
  )
  const agent = new Agent({ connect: { ca: tls.cert } })
  cleanUp(() => agent.destroy())
  state.url = `${origin.replace('http:', 'https:')}/client.json`
  return {
    url: state.url,
    fetch: async (input: string | URL, init: RequestInit) => undiciFetch(input, { ...init, dispatcher: agent }),
  }
}

/** A client may request any scope of the resource. Clients of MCP register with the scopes of their first challenge only. */
function acceptAllScopes({ Client }: OidcProvider): void {
  const find = Client.find.bind(Client)
  Client.find = async (id) => {
    const client = await find(id)
    return client && Object.assign(client, { scope: undefined })
  }
}

async function configuration(scopes: readonly string[]): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const ttl = 300
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', kid: randomUUID(), use: 'sig' }] },
    scopes: ['openid', 'offline_access', ...scopes],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope(['openid', 'offline_access', ...scopes].join(' '))
      ;[oidc.params?.['resource']].flat().forEach((resource) => {
        if (typeof resource === 'string') {
          grant.addResourceScope(resource, scopes.join(' '))
        }
      })
      await grant.save()
      return grant
    },
    ttl: {
      AccessToken: ttl,
      AuthorizationCode: ttl,
      Grant: ttl,
      IdToken: ttl,
      Interaction: ttl,
      RefreshToken: ttl,
      Session: ttl,
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true, initialAccessToken: false },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: scopes.join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ttl,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
}

async function logIn(provider: OidcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: 'alice' }, consent: {} })
}
