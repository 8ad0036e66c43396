import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Configuration } from 'oidc-provider'
import { quietly } from './quietly.ts'

export const client = { id: 'orders-app', secret: 'a secret for the demo only' }
/** The credentials of the API for introspection. */
export const resourceServer = { id: 'orders-api', secret: 'another secret for the demo only' }

const { Provider } = await quietly(() => import('oidc-provider'))

export interface AuthorizationServer {
  readonly issuer: string
  /** Creates a new key and signs with it. The old keys stay published. */
  readonly rotateKeys: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface AuthorizationServerOptions {
  /** The `scope` that clients can request. */
  readonly scope: string
  /** Seconds until a token for a resource expires. Default: 300. */
  readonly expiresIn?: Readonly<Record<string, number>>
  /** The resource with opaque tokens. Default: none. */
  readonly opaque?: string
  /** The signature algorithm. Default: `'ES256'`. */
  readonly algorithm?: 'ES256' | 'RS256' | 'Ed25519'
}

/** Starts oidc-provider on loopback. It issues access tokens for client credentials (RFC 6749 §4.4). */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { algorithm = 'ES256' } = options
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let keys = [await signingKey(algorithm)]
  serve(server, issuer, keys, options)

  return {
    issuer,
    rotateKeys: async () => {
      keys = [await signingKey(algorithm), ...keys]
      serve(server, issuer, keys, options)
    },
    stop: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function signingKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg, use: 'sig' }
}

/** Replaces the whole server of oidc-provider, because its keys are fixed. */
function serve(server: Server, issuer: string, keys: JWK[], options: AuthorizationServerOptions): void {
  const provider = quietly(() => new Provider(issuer, configuration(keys, options)))
  server.removeAllListeners('request').on('request', provider.callback())
}

function configuration(
  keys: JWK[],
  { scope, expiresIn = {}, opaque, algorithm = 'ES256' }: AuthorizationServerOptions,
): Configuration {
  return {
    jwks: { keys },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope,
      },
      {
        client_id: resourceServer.id,
        client_secret: resourceServer.secret,
        grant_types: [],
        response_types: [],
        redirect_uris: [],
      },
    ],
    scopes: ['openid', ...scope.split(' ')],
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    ttl: { ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? 300 },
    clientDefaults: { id_token_signed_response_alg: algorithm },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_context, { clientId }) => clientId === resourceServer.id },
      revocation: { enabled: true, allowedPolicy: (_context, { clientId }, token) => clientId === token.clientId },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope,
          audience: resource,
          accessTokenFormat: resource === opaque ? 'opaque' : 'jwt',
          accessTokenTTL: expiresIn[resource] ?? 300,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  }
}
