import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { startAuthorizationServer } from '@tollgate/example-demo/authorization-server'
import { createApp } from './server.ts'

export interface Started {
  readonly issuer: string
  readonly audience: string
  /** The URL that clients call. */
  readonly orders: string
  readonly stop: () => Promise<void>
}

/** Starts oidc-provider, which supports DPoP by default, and the API. */
export async function start(): Promise<Started> {
  const audience = 'https://orders.example'
  const server = await startAuthorizationServer({ scope: 'orders:read' })
  // In production, set `origin` or the trusted proxies of Express, because proofs name the origin that clients call.
  const api = createApp({ issuer: server.issuer, audience }).listen(0, '127.0.0.1')
  await once(api, 'listening')
  return {
    issuer: server.issuer,
    audience,
    orders: `http://127.0.0.1:${(api.address() as AddressInfo).port}/orders`,
    stop: async () => {
      api.closeAllConnections()
      api.close()
      await server.stop()
    },
  }
}
