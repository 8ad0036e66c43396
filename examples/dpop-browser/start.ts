import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clientId, createAuthorizationServer } from './authorization-server.ts'
import { createPageServer } from './page-server.ts'
import { createApi } from './server.ts'

export interface Started {
  /** The URL of the page. */
  readonly page: string
  /** The URL that the page calls. */
  readonly orders: string
  readonly stop: () => Promise<void>
}

/** Starts an authorization server, an API and a page: three origins on loopback. */
export async function start(): Promise<Started> {
  const [page, issuer, api] = [await listen(), await listen(), await listen()]
  const resource = 'https://orders.example'
  const orders = `${api.origin}/orders`

  issuer.server.on('request', await createAuthorizationServer(issuer.origin, page.origin))
  api.server.on('request', createApi({ issuer: issuer.origin, audience: resource, origin: api.origin }, page.origin))
  page.server.on('request', createPageServer({ issuer: issuer.origin, clientId, resource, orders }))
  return {
    page: `${page.origin}/`,
    orders,
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
