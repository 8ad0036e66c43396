import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { onTestFinished } from 'vitest'
import type { Adapter } from './adapters.ts'
import { type Api, type ApiOptions, openApi } from './api.ts'
import { audience, T0 } from './constants.ts'

export { audience, T0 } from './constants.ts'

export interface Reference extends Api {
  readonly issuer: MockIssuer
  /** A good token with the scope `read`, with these changes. */
  readonly token: (
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
    algorithm?: string,
  ) => Promise<string>
}

export interface ReferenceOptions extends Partial<Pick<ApiOptions, 'guards' | 'inner' | 'habits' | 'onError'>> {
  readonly protect?: Partial<ProtectOptions>
  /** The signature algorithms of the issuer. Default: ES256, because an RSA key takes long to make. */
  readonly algorithms?: readonly [string, ...string[]]
}

/** The set-up of the conformance checklist: a mock issuer, a frozen clock, and an API that demands `read`. */
export async function openReference(
  adapter: Adapter,
  { protect, algorithms, ...options }: ReferenceOptions = {},
): Promise<Reference> {
  const issuer = await openIssuer(algorithms)
  const api = await openApi(adapter, { protection: { ...issuer.validatorOptions, ...protect }, ...options })
  return {
    ...api,
    issuer,
    token: (claims = {}, header = {}, algorithm) =>
      issuer.accessToken({ scope: 'read', ...claims }, { header, ...(algorithm === undefined ? {} : { algorithm }) }),
  }
}

/** A mock issuer with a frozen clock. It has no port, because requests to the issuer are not the subject. */
export async function openIssuer(algorithms: readonly [string, ...string[]] = ['ES256']): Promise<MockIssuer> {
  const issuer = await createMockIssuer({ audience, algorithms, port: 'none' })
  issuer.clock.freeze(T0 * 1000)
  onTestFinished(() => issuer.close())
  return issuer
}
