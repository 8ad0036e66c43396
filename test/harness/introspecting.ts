import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { clientSecretBasic, type IntrospectionOptions, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { type Guard, scopes } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { Adapter } from './adapters.ts'
import { type Api, openApi } from './api.ts'
import { audience, T0 } from './reference.ts'
import { type Handler, json, openUpstream, type Upstream } from './upstream.ts'

/** A request that reached the introspection endpoint. */
interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly form: URLSearchParams
}

/** An authorization server whose introspection endpoint does what the test says, over a real socket. */
export interface Introspector {
  readonly upstream: Upstream
  readonly url: string
  /** What it was asked, oldest first. */
  readonly asked: readonly Asked[]
  /** What it answers to each token; by default what `active` gives. */
  answer: (token: string) => unknown
  /** What it does instead of answering. */
  misbehave: Handler | undefined
  /** The answer to a token that is good in every respect and has the scope `read`, with these changes. */
  readonly active: (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

export async function openIntrospector(): Promise<Introspector> {
  const upstream = await openUpstream()
  const { url } = upstream
  const asked: Asked[] = []
  const active: Introspector['active'] = (changes = {}) => ({
    active: true,
    iss: url,
    aud: audience,
    sub: 'alice',
    client_id: 'app',
    token_type: 'Bearer',
    iat: T0 - 60,
    exp: T0 + 300,
    scope: 'read',
    ...changes,
  })
  const introspector: Introspector = { upstream, url, asked, active, answer: () => active(), misbehave: undefined }

  upstream.routes['/.well-known/oauth-authorization-server'] = json({
    issuer: url,
    introspection_endpoint: `${url}/introspect`,
    jwks_uri: `${url}/jwks`,
  })
  upstream.routes['/introspect'] = (request, response) => {
    void text(request).then((body) => {
      const form = new URLSearchParams(body)
      const { method = '', url: path = '', headers } = request
      asked.push({ method, url: path, headers, body, form })
      const act = introspector.misbehave ?? json(introspector.answer(form.get('token') ?? ''))
      act(request, response)
    })
  }
  return introspector
}

export const client = clientSecretBasic('api', 'a secret of the tests, and of nothing else')

export interface IntrospectingOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: TrustedIssuerOptions
  readonly protect?: Partial<ProtectOptions>
  readonly guards?: readonly Guard[]
}

export interface Introspecting extends Api {
  readonly server: Introspector
  /** Moves the frozen clock on. */
  readonly advance: (seconds: number) => void
}

/** An API that asks such a server about every token, with a frozen clock. */
export async function openIntrospecting(
  adapter: Adapter,
  { introspection, issuer, protect, guards = [scopes('read')] }: IntrospectingOptions = {},
): Promise<Introspecting> {
  const server = await openIntrospector()
  let now = T0
  const api = await openApi(adapter, {
    protection: {
      issuer: trustedIssuer(server.url, { introspection: { client, ...introspection }, ...issuer }),
      audience,
      clock: () => now * 1000,
      ...protect,
    },
    guards,
  })
  return {
    ...api,
    server,
    advance: (seconds) => {
      now += seconds
    },
  }
}
