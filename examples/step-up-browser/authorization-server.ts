import { quietly } from '@tollgate/example-demo/quietly'
import express, { type Express } from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import type { Configuration, interactionPolicy as policies } from 'oidc-provider'
import { createSignIn, isEnough, type SendCode } from './sign-in.ts'

const { interactionPolicy, Provider } = await quietly(() => import('oidc-provider'))

export type TokenFormat = 'jwt' | 'opaque'

/** The client is the page. A page has no secret. */
export const clientId = 'orders-page'
/** The API introspects opaque tokens as this client. */
export const apiClient = { id: 'orders-api', secret: 'the-secret-of-the-api-in-this-example' }
const scope = 'orders:read payments:write'

/** oidc-provider for one page. People sign in with a password, or with a password and a one-time code. */
export async function createAuthorizationServer(
  issuer: string,
  pageOrigin: string,
  tokens: TokenFormat,
  sendCode: SendCode,
): Promise<Express> {
  const settings = await configuration(pageOrigin, tokens)
  const provider = quietly(() => new Provider(issuer, settings))
  const app = express()
  app.use('/interaction', createSignIn(provider, sendCode))
  app.use(provider.callback())
  return app
}

async function configuration(pageOrigin: string, accessTokenFormat: TokenFormat): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    clients: clients(pageOrigin),
    clientBasedCORS: (_context, origin) => origin === pageOrigin,
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}`, policy: policy() },
    acrValues: ['2', '1'],
    // Without this, only ID tokens have the two claims (RFC 9470 §6). An introspection response gets them, too.
    extraTokenClaims: ({ oidc }) => {
      const { acr, authTime } = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken ?? {}
      return { acr, auth_time: authTime }
    },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' })
      grant.addOIDCScope('openid')
      grant.addResourceScope([oidc.params?.['resource']].flat().join(' '), scope)
      await grant.save()
      return grant
    },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (_context, client) => client.clientId === apiClient.id },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          scope,
          audience,
          accessTokenFormat,
          ...(accessTokenFormat === 'jwt' && { jwt: { sign: { alg: 'ES256' } } }),
        }),
      },
    },
  }
}

function clients(pageOrigin: string): NonNullable<Configuration['clients']> {
  const algorithm = { id_token_signed_response_alg: 'ES256' } as const
  return [
    {
      ...algorithm,
      client_id: clientId,
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${pageOrigin}/`],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
    {
      ...algorithm,
      client_id: apiClient.id,
      client_secret: apiClient.secret,
      redirect_uris: [],
      response_types: [],
      grant_types: [],
    },
  ]
}

/** oidc-provider itself obeys `max_age`. `acr_values` is voluntary, unless the policy has such a check. */
function policy(): policies.DefaultPolicy {
  const { base, Check } = interactionPolicy
  const prompts = base()
  const check = new Check('acr_values', 'a stronger sign-in is required', ({ oidc }) => {
    const isSignedInNow = oidc.result?.login !== undefined
    return isSignedInNow || isEnough(oidc.session?.acr, oidc.params?.['acr_values'])
      ? Check.NO_NEED_TO_PROMPT
      : Check.REQUEST_PROMPT
  })
  prompts.get('login')?.checks.add(check)
  return prompts
}
