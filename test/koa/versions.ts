import { createServer, type RequestListener } from 'node:http'
import { clientSecretBasic, type ProtectOptions, trustedIssuer } from '@tollgate/koa'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { onTestFinished } from 'vitest'
import { listen } from '../harness/api.ts'
import { type Received, send, type Sent } from '../harness/send.ts'

export const versions = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const

export interface Served {
  readonly origin: string
  readonly send: (path: string, sent?: Sent) => Promise<Received>
  /** The errors that `app.on('error')` received, oldest first. */
  readonly errors: readonly Error[]
}

/** A Koa app with any type of state. */
interface App {
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
  readonly callback: () => RequestListener
}

export async function serve(app: App): Promise<Served> {
  const errors: Error[] = []
  app.on('error', (error: Error) => void errors.push(error))
  const origin = await listen(createServer(app.callback()))
  return { origin, send: (path, sent = {}) => send(origin, { path, ...sent }), errors }
}

export function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

/** An issuer over a real socket, and options that introspect its opaque tokens. */
export async function openIntrospected(): Promise<{ issuer: MockIssuer; options: ProtectOptions }> {
  const issuer = await createMockIssuer()
  onTestFinished(() => issuer.close())
  const introspection = { client: clientSecretBasic(issuer.client.id, issuer.client.secret) }
  return { issuer, options: { ...issuer.validatorOptions, issuer: trustedIssuer(issuer.url, { introspection }) } }
}
