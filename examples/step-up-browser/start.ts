import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clientSecretBasic, trustedIssuer } from '@tollgate/express'
import { apiClient, clientId, createAuthorizationServer, type TokenFormat } from './authorization-server.ts'
import { createPageServer } from './page-server.ts'
import { createApi } from './server.ts'
import type { SendCode } from './sign-in.ts'

export interface Options {
  /** The API verifies a JWT itself. It introspects an opaque token. Default: `'jwt'`. */
  readonly tokens?: TokenFormat
  readonly sendCode: SendCode
}

export interface Started {
  /** The URL of the page. */
  readonly page: string
  /** The origin of the API that the page calls. */
  readonly api: string
  readonly stop: () => Promise<void>
}

/** Starts an authorization server, an API and a page: three origins on loopback. */
export async function start({ tokens = 'jwt', sendCode }: Options): Promise<Started> {
  const [page, issuer, api] = [await listen(), await listen(), await listen()]
  const resource = 'https://orders.example'
  const client = clientSecretBasic(apiClient.id, apiClient.secret)
  const trusted = tokens === 'jwt' ? issuer.origin : trustedIssuer(issuer.origin, { introspection: { client } })

  issuer.server.on('request', await createAuthorizationServer(issuer.origin, page.origin, tokens, sendCode))
  api.server.on('request', createApi({ issuer: trusted, audience: resource }, page.origin))
  page.server.on('request', createPageServer({ issuer: issuer.origin, clientId, resource, api: api.origin }))
  return {
    page: `${page.origin}/`,
    api: api.origin,
    stop: async () => {
      await Promise.all([page, issuer, api].map(async ({ server }) => close(server)))
    },
  }
}

async function listen(): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await once(server.close(), 'close')
}
