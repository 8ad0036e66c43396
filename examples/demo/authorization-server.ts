import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Configuration } from 'oidc-provider'
import { quietly } from './quietly.ts'

export const client = { id: 'orders-app', secret: 'a secret of the demo, and of nothing else' }
/** The API, when it asks about tokens. */
export const resourceServer = { id: 'orders-api', secret: 'another secret of the demo, and of nothing else' }

const { Provider } = await quietly(() => import('oidc-provider'))

export interface AuthorizationServer {
  readonly issuer: string
  /** Signs with a new key from now on; the old one stays published. */
  readonly rotateKeys: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface AuthorizationServerOptions {
  /** The `scope` that clients may ask for. */
  readonly scope: string
  /** Seconds for which a token for a resource is good. Default: 300. */
  readonly lifetimes?: Readonly<Record<string, number>>
  /** The resource whose tokens are opaque. Default: none. */
  readonly opaque?: string
  /** What it signs with. Default: `'ES256'`. */
  readonly algorithm?: 'ES256' | 'RS256' | 'Ed25519'
}

/** A real authorization server on loopback: oidc-provider, which gives out access tokens by client credentials. */
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

/** The keys of a provider are fixed, so that a rotation is a new provider behind the same address. */
function serve(server: Server, issuer: string, keys: JWK[], options: AuthorizationServerOptions): void {
  const provider = quietly(() => new Provider(issuer, configuration(keys, options)))
  server.removeAllListeners('request').on('request', provider.callback())
}

function configuration(
  keys: JWK[],
  { scope, lifetimes = {}, opaque, algorithm = 'ES256' }: AuthorizationServerOptions,
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
          accessTokenTTL: lifetimes[resource] ?? 300,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  }
}
