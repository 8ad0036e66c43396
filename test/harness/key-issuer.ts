/** The old name of a scripted API whose tokens are JWTs, for tests that still use it. */
import type { Guard, TrustedIssuerOptions } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { JWK } from 'jose'
import type { Adapter } from './adapters.ts'
import type { Api } from './api.ts'
import { openScriptedApi } from './scripted-api.ts'
import { claimsOf } from './scripted-issuer.ts'
import { type Upstream, upstreamOf } from './upstream.ts'

export { claimsOf } from './scripted-issuer.ts'

export interface KeyIssuer extends Api {
  readonly upstream: Upstream
  /** The claims of a good token, with these changes. */
  readonly claims: (changes?: Record<string, unknown>) => Record<string, unknown>
  readonly advance: (seconds: number) => void
}

export interface KeyIssuerOptions extends TrustedIssuerOptions {
  readonly protect?: Partial<ProtectOptions>
  readonly guards?: readonly Guard[]
}

export async function openKeyIssuer(
  adapter: Adapter,
  keys: readonly (JWK | object | string)[],
  { protect, guards, ...options }: KeyIssuerOptions = {},
): Promise<KeyIssuer> {
  const { issuer, ...api } = await openScriptedApi(adapter, { keys, issuer: options, protect, guards })
  return {
    ...api,
    upstream: upstreamOf(issuer),
    claims: (changes = {}) => ({ ...claimsOf(issuer.url), ...changes }),
  }
}
