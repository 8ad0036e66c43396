// @ts-expect-error The package has no types.
import IntrospectStrategy from 'passport-oauth2-introspect'
// @ts-expect-error The package has no types.
import createIntrospect from 'token-introspection'
import { OAuth2Client } from '@badgateway/oauth2-client'
import { clientSecretBasic, createValidator, trustedIssuer } from '@tollgate/core'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import passport, { type Strategy } from 'passport'
import type { Setting } from '../world.ts'
import { tokenIn, type Verify } from './jwt.ts'

const [clientId, clientSecret] = ['an-api', 'a secret']
const credentials = { client_id: clientId, client_secret: clientSecret }

/** Libraries that introspect opaque tokens (RFC 7662). */
export const libraries: Readonly<Record<string, (setting: Setting) => Verify>> = {
  Tollgate({ issuer, audience, endpoint }) {
    const introspection = { client: clientSecretBasic(clientId, clientSecret), endpoint }
    const validator = createValidator({ issuer: trustedIssuer(issuer, { formats: 'opaque', introspection }), audience })
    return (header) => validator.authenticate({ method: 'GET', url: '/', headers: [['authorization', header]] })
  },

  oauth4webapi({ issuer, endpoint }) {
    const server = { issuer, introspection_endpoint: endpoint }
    const client = { client_id: clientId }
    const authentication = oauth.ClientSecretBasic(clientSecret)
    const options = { [oauth.allowInsecureRequests]: true }
    return async (header) => {
      const response = await oauth.introspectionRequest(server, client, authentication, tokenIn(header), options)
      expectActive(await oauth.processIntrospectionResponse(server, client, response))
    }
  },

  'openid-client'({ issuer, endpoint }) {
    const authentication = openid.ClientSecretBasic(clientSecret)
    const server = { issuer, introspection_endpoint: endpoint }
    const configuration = new openid.Configuration(server, clientId, undefined, authentication)
    // oxlint-disable-next-line typescript/no-deprecated -- The endpoint of the bench is on loopback.
    openid.allowInsecureRequests(configuration)
    return async (header) => expectActive(await openid.tokenIntrospection(configuration, tokenIn(header)))
  },

  '@badgateway/oauth2-client'({ issuer, endpoint }) {
    const client = new OAuth2Client({ server: issuer, introspectionEndpoint: endpoint, clientId, clientSecret })
    const rest = { refreshToken: null, expiresAt: null }
    return async (header) => expectActive(await client.introspect({ accessToken: tokenIn(header), ...rest }))
  },

  'token-introspection'({ endpoint }) {
    const introspect = (createIntrospect as (options: object) => Verify)({ endpoint, ...credentials })
    return (header) => introspect(tokenIn(header))
  },

  'passport-oauth2-introspect'({ endpoint }) {
    // Without a scope the strategy throws a ReferenceError.
    const options = { introspect_url: endpoint, scope: 'orders:read', ...credentials }
    const strategy = new (IntrospectStrategy as new (options: object) => Strategy)(options)
    const passports = new passport.Passport().use('introspect', strategy)
    const middleware = passports.authenticate('introspect', { session: false }) as (...input: unknown[]) => unknown
    return (authorization) =>
      new Promise<void>((resolve, reject) => {
        const refuse = (): void => reject(new Error('refused'))
        const next = (error?: unknown): void => (error === undefined ? resolve() : refuse())
        middleware({ headers: { authorization } }, { setHeader: () => undefined, end: refuse }, next)
      })
  },
}

function expectActive({ active }: { readonly active: boolean }): void {
  if (!active) {
    throw new Error('The token is not active')
  }
}
