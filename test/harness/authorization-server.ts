import { createPublicKey, randomUUID, X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { ClientMetadata, Configuration, Provider as OidcProvider } from 'oidc-provider'
import { quietly } from '@tollgate/example-demo/quietly'
import { onTestFinished } from 'vitest'
import { type Certificate, certificate } from './certificates.ts'
import { type CleanUp, listen } from './listen.ts'

const { Provider } = await quietly(() => import('oidc-provider'))

/** The tokens for this API are opaque, those for the other are JWTs. */
export const opaqueApi = 'https://opaque.example'
export const jwtApi = 'https://jwt.example'
export const redirectUri = 'https://app.example/callback'
export const secret = 'a secret of the tests, and of nothing else'

export interface AuthorizationServer {
  /** The issuer. */
  readonly url: string
  readonly server: Server
  /** The credentials of its resource servers. The id of each is `api-` and its authentication method. */
  readonly own: {
    readonly signing: JWK
    readonly decryption: JWK
    readonly certificate: Certificate
    /** The certificate of its endpoint for mutual TLS. */
    readonly ca: string
  }
}

/**
 * Starts oidc-provider, a real authorization server. It has a client for every way to introspect. The resource owner is `alice`, who
 * always agrees. `openProxy` starts a proxy in front of an origin and returns the origin of the proxy, which becomes the issuer.
 */
export async function openAuthorizationServer(
  openProxy: (origin: string) => Promise<string> = async (origin) => origin,
  cleanUp: CleanUp = onTestFinished,
): Promise<AuthorizationServer> {
  const [serverCertificate, clientCertificate] = await Promise.all([certificate('127.0.0.1'), certificate('api')])
  const own = { signing: await privateJwk('ES256'), decryption: await privateJwk('RSA-OAEP-256') }
  const routes: { answer: RequestListener } = { answer: (_request, response) => response.end() }
  const server = createServer((request, response) => routes.answer(request, response))
  const origin = await listen(server, cleanUp)
  const url = await openProxy(origin)
  const tls = { ...serverCertificate, requestCert: true, rejectUnauthorized: false }
  const mtls = await listen(
    createTlsServer(tls, (request, response) => routes.answer(request, response)),
    cleanUp,
  )
  const settings: Configuration = {
    ...(await configuration()),
    clients: [...applications, ...resourceServers(own, clientCertificate)],
    discovery: {
      mtls_endpoint_aliases: { introspection_endpoint: `${mtls.replace('http:', 'https:')}/token/introspection` },
    },
  }
  const provider = quietly(() => new Provider(url, settings))
  provider.proxy = url !== origin
  const answer = provider.callback()
  routes.answer = (request, response) =>
    request.url?.startsWith('/interaction/') === true
      ? void logIn(provider, request, response)
      : void answer(request, response)
  return { url, server, own: { ...own, certificate: clientCertificate, ca: serverCertificate.cert } }
}

async function privateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, kid: randomUUID() }
}

function publicJwk(jwk: JWK): JWK {
  const { alg, kid } = jwk
  return { ...createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }), alg, kid } as JWK
}

const base = { response_types: [], redirect_uris: [], grant_types: [] } as const satisfies Partial<ClientMetadata>

const applications: readonly ClientMetadata[] = [
  {
    client_id: 'app',
    client_secret: secret,
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [redirectUri],
    scope: 'openid offline_access read write',
  },
]

function resourceServers(
  { signing, decryption }: { readonly signing: JWK; readonly decryption: JWK },
  { cert }: Certificate,
): readonly ClientMetadata[] {
  const x509 = new X509Certificate(cert)
  const ofCertificate = { ...x509.publicKey.export({ format: 'jwk' }), x5c: [x509.raw.toString('base64')] }
  const bySecret = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const
  const named = (name: string): { client_id: string } => ({ ...base, client_id: `api-${name}` })
  return [
    ...bySecret.map((method) => ({ ...named(method), client_secret: secret, token_endpoint_auth_method: method })),
    {
      ...named('private_key_jwt'),
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...publicJwk(signing), use: 'sig' }] },
    },
    { ...named('tls'), token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [ofCertificate] } },
    { ...named('signed'), client_secret: secret },
    {
      ...named('encrypted'),
      client_secret: secret,
      introspection_encrypted_response_alg: 'RSA-OAEP-256',
      introspection_encrypted_response_enc: 'A256GCM',
      jwks: { keys: [{ ...publicJwk(decryption), use: 'enc' }] },
    },
  ] as ClientMetadata[]
}

async function configuration(): Promise<Configuration> {
  return {
    jwks: { keys: [{ ...(await privateJwk('ES256')), use: 'sig' }] },
    scopes: ['openid', 'offline_access', 'read', 'write'],
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'self_signed_tls_client_auth',
    ],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      introspectionSigningAlgValues: ['ES256'],
      introspectionEncryptionAlgValues: ['RSA-OAEP-256'],
      introspectionEncryptionEncValues: ['A256GCM'],
    },
    clientDefaults: { id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid offline_access read write')
      ;[opaqueApi, jwtApi].forEach((api) => grant.addResourceScope(api, 'read write'))
      await grant.save()
      return grant
    },
    issueRefreshToken: () => true,
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Interaction: 300,
      RefreshToken: 300,
      Session: 300,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_context, client) => client.clientId.startsWith('api-') },
      jwtIntrospection: { enabled: true },
      encryption: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        selfSignedTlsClientAuth: true,
        getCertificate: ({ socket }) => (socket as TLSSocket).getPeerX509Certificate?.(),
      },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'read write',
          audience: resource,
          accessTokenFormat: resource === opaqueApi ? 'opaque' : 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
}

async function logIn(provider: OidcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: 'alice' } })
}
