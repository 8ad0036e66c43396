/** The old names of a scripted issuer and API whose tokens are opaque, for tests that still use them. */
import type { Guard, IntrospectionOptions, TrustedIssuerOptions } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { Adapter } from './adapters.ts'
import type { Api } from './api.ts'
import type { Handler } from './responses.ts'
import { openScriptedApi } from './scripted-api.ts'
import { openScriptedIssuer, type ReceivedRequest, type ScriptedIssuer } from './scripted-issuer.ts'
import { type Upstream, upstreamOf } from './upstream.ts'

export { client } from './scripted-api.ts'

export interface Introspector extends Pick<ScriptedIssuer, 'url' | 'active'> {
  readonly upstream: Upstream
  /** The introspection requests, oldest first. */
  readonly asked: readonly ReceivedRequest[]
  /** The introspection response to each token. */
  answer: (token: string) => unknown
  /** The response of the introspection endpoint, if it is another one. */
  misbehave: Handler | undefined
}

export async function openIntrospector(): Promise<Introspector> {
  return introspectorOf(await openScriptedIssuer())
}

export interface IntrospectingOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: TrustedIssuerOptions
  readonly protect?: Partial<ProtectOptions>
  readonly guards?: readonly Guard[]
}

export interface Introspecting extends Api {
  readonly server: Introspector
  readonly advance: (seconds: number) => void
}

export async function openIntrospecting(
  adapter: Adapter,
  { introspection = {}, ...options }: IntrospectingOptions = {},
): Promise<Introspecting> {
  const { issuer, ...api } = await openScriptedApi(adapter, { introspection, ...options })
  return { ...api, server: introspectorOf(issuer) }
}

export function introspectorOf(issuer: ScriptedIssuer): Introspector {
  const introspect = issuer.routes['/introspect'] as Handler
  // Its metadata name a key set that is not there.
  delete issuer.routes['/jwks']
  const introspector: Introspector = {
    url: issuer.url,
    active: issuer.active,
    upstream: upstreamOf(issuer),
    misbehave: undefined,
    answer: () => issuer.active(),
    get asked() {
      return issuer.requests.filter(({ url }) => url === '/introspect')
    },
  }
  issuer.introspect = (token) => introspector.answer(token)
  issuer.routes['/introspect'] = (request, response) => (introspector.misbehave ?? introspect)(request, response)
  return introspector
}
