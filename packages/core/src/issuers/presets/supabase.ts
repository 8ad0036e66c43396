import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted, expectPastedUrl } from './preset.ts'

/**
 * Supabase Auth. `projectUrl` is the URL of the project, such as `https://exampleref.supabase.co`.
 *
 * `audience` is `'authenticated'` for all tokens, which is no proof of anything: the person who signs up can choose it.
 * `role` and `session_id` mark an access token. A project that signs with the legacy secret needs `secret`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function supabase(projectUrl: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const pasted = expectPasted(projectUrl, '`projectUrl` of supabase')
  // The dashboard shows the reference of the project in its own address too.
  const [, reference] = /^(?:https:\/\/supabase\.com\/dashboard\/project\/)?([a-z]{20})(?:\/.*)?$/.exec(pasted) ?? []
  const url = reference === undefined ? pasted : `https://${reference}.supabase.co`
  const { origin } = expectPastedUrl(url, '`projectUrl` of supabase', 'https://exampleref.supabase.co')
  if (origin === 'https://supabase.com') {
    throw invalidOption('Expected `projectUrl` of supabase to be the URL of the project, and not that of the dashboard')
  }
  return createPreset(`${origin}/auth/v1`, defaults, options)
}

addIssuerFactory(supabase)

const defaults: TrustedIssuerOptions = {
  dialect: {
    clientId: 'client_id',
    isAccessToken: { role: /./, session_id: /./ },
    isClient: false,
  },
}
