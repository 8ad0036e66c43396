import {
  clientSecretBasic,
  type Guard,
  type IntrospectionOptions,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
} from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { Adapter } from './adapters.ts'
import { type Api, openApi } from './api.ts'
import { audience, T0 } from './constants.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'

/** An API with a frozen clock, and its issuer. */
export interface ScriptedApi extends Api {
  readonly issuer: ScriptedIssuer
  /** Moves the frozen clock. */
  readonly advance: (seconds: number) => void
}

export interface ScriptedApiOptions {
  /** The keys that the issuer publishes. */
  readonly keys?: readonly unknown[]
  /** Default: the issuer has no introspection. */
  readonly introspection?: Partial<IntrospectionOptions> | undefined
  readonly issuer?: TrustedIssuerOptions | undefined
  readonly protect?: Partial<ProtectOptions> | undefined
  /** Default: the scope `read`. */
  readonly guards?: readonly Guard[] | undefined
}

export const client = clientSecretBasic('api', 'a secret of the tests, and of nothing else')

/** Starts a scripted issuer, and an API that trusts it. */
export async function openScriptedApi(
  adapter: Adapter,
  { keys = [], introspection, issuer: options, protect, guards = [scopes('read')] }: ScriptedApiOptions = {},
): Promise<ScriptedApi> {
  const issuer = await openScriptedIssuer(keys)
  let now = T0
  const trusted = trustedIssuer(issuer.url, {
    ...(introspection === undefined ? {} : { introspection: { client, ...introspection } }),
    ...options,
  })
  const api = await openApi(adapter, {
    protection: { issuer: trusted, audience, clock: () => now * 1000, ...protect },
    guards,
  })
  return {
    ...api,
    issuer,
    advance: (seconds) => {
      now += seconds
    },
  }
}
