import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { quietly } from '@tollgate/example-demo/quietly'
import { exportJWK, generateKeyPair } from 'jose'
import type { Configuration, Provider as OidcProvider } from 'oidc-provider'

const { Provider } = await quietly(() => import('oidc-provider'))

/** The client is the page. A page has no secret. */
export const clientId = 'orders-page'
const scope = 'orders:read'

/** oidc-provider for one page. Alice is always the resource owner, and she always agrees. */
export async function createAuthorizationServer(issuer: string, pageOrigin: string): Promise<RequestListener> {
  const settings = await configuration(pageOrigin)
  const provider = quietly(() => new Provider(issuer, settings))
  const respond = provider.callback()
  return (request, response) =>
    request.url?.startsWith('/interaction/') === true
      ? void signIn(provider, request, response)
      : void respond(request, response)
}

async function configuration(pageOrigin: string): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${pageOrigin}/`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: true,
      },
    ],
    clientBasedCORS: (_context, origin) => origin === pageOrigin,
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' })
      grant.addResourceScope([oidc.params?.['resource']].flat().join(' '), scope)
      await grant.save()
      return grant
    },
    ttl: { AccessToken: 300, Grant: 300, Interaction: 300, Session: 300 },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          scope,
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
}

/** A server for people shows a form here. */
async function signIn(provider: OidcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: 'alice' } })
}
