import { type Guard, scopes, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { JWK } from 'jose'
import type { Adapter } from './adapters.ts'
import { type Api, openApi } from './api.ts'
import { audience, T0 } from './reference.ts'
import { openIssuerUpstream, type Upstream } from './upstream.ts'

export interface KeyIssuer extends Api {
  readonly upstream: Upstream
  /** The claims of a good token, with these changes. */
  readonly claims: (changes?: Record<string, unknown>) => Record<string, unknown>
  /** Moves the frozen clock on. */
  readonly advance: (seconds: number) => void
}

export interface KeyIssuerOptions extends TrustedIssuerOptions {
  readonly protect?: Partial<ProtectOptions>
  readonly guards?: readonly Guard[]
}

/** An API whose issuer publishes exactly these keys, over a real socket: for tokens that are made by hand. */
export async function openKeyIssuer(
  adapter: Adapter,
  keys: readonly (JWK | object | string)[],
  { protect, guards = [scopes('read')], ...issuer }: KeyIssuerOptions = {},
): Promise<KeyIssuer> {
  const upstream = await openIssuerUpstream(keys)
  let now = T0
  const api = await openApi(adapter, {
    protection: { issuer: trustedIssuer(upstream.url, issuer), audience, clock: () => now * 1000, ...protect },
    guards,
  })
  return {
    ...api,
    upstream,
    claims: (changes = {}) => ({ ...claimsOf(upstream.url), ...changes }),
    advance: (seconds) => {
      now += seconds
    },
  }
}

/** All claims of RFC 9068 §2.2, and the scope that the reference route demands. */
export function claimsOf(issuer: string): Record<string, unknown> {
  return {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    client_id: 'app',
    iat: T0 - 60,
    exp: T0 + 300,
    jti: 'j-1',
    scope: 'read',
  }
}
