import type { TrustedIssuerOptions } from '../issuer-options.ts'
import type { TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, hasTexts } from './preset.ts'

/**
 * Supabase Auth. `projectUrl` is the URL of the project, such as `https://exampleref.supabase.co`.
 *
 * `audience` is `'authenticated'` for all tokens, which is no proof of anything: the person who signs up can choose it.
 * `role` and `session_id` mark an access token. A project that signs with the legacy secret needs `secret`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function supabase(projectUrl: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin, path } = expectPastedUrl(projectUrl, '`projectUrl` of supabase', 'https://exampleref.supabase.co')
  return createPreset(`${origin}${path === '' ? '/auth/v1' : path}`, vendor, options)
}

const vendor: TrustedIssuerOptions = {
  dialect: {
    clientId: 'client_id',
    isAccessToken: (claims) => hasTexts(claims, 'role', 'session_id'),
    isClient: () => false,
  },
}
