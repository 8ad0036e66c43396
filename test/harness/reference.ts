import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { onTestFinished } from 'vitest'
import type { Adapter } from './adapters.ts'
import { type Api, type ApiOptions, openApi } from './api.ts'

/** The moment at which the reference clock stands, in seconds. */
export const T0 = 1_700_000_000

export const audience = 'https://api.example'

export interface Reference extends Api {
  readonly issuer: MockIssuer
  /** A token that is good in every respect and has the scope `read`, with these changes. */
  readonly token: (
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
    algorithm?: string,
  ) => Promise<string>
}

export interface ReferenceOptions extends Partial<Pick<ApiOptions, 'guards' | 'inner' | 'habits' | 'onError'>> {
  readonly protect?: Partial<ProtectOptions>
}

/** The set-up of the checklist: one issuer with ES256 and RS256 keys, a frozen clock, and an API that demands `read`. */
export async function openReference(
  adapter: Adapter,
  { protect, ...options }: ReferenceOptions = {},
): Promise<Reference> {
  const issuer = await openIssuer()
  const api = await openApi(adapter, { protection: { ...issuer.validatorOptions, ...protect }, ...options })
  return {
    ...api,
    issuer,
    token: (claims = {}, header = {}, algorithm = 'ES256') =>
      issuer.accessToken({ scope: 'read', ...claims }, { header, algorithm }),
  }
}

/** Without a port, for requests to the issuer are not what is tested. */
export async function openIssuer(): Promise<MockIssuer> {
  const issuer = await createMockIssuer({ audience, algorithms: ['ES256', 'RS256'], port: 'none' })
  issuer.clock.freeze(T0 * 1000)
  onTestFinished(() => issuer.close())
  return issuer
}
