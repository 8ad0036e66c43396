import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted } from './preset.ts'

/**
 * Firebase Authentication. `projectId` is the id of the project. It is the audience too.
 *
 * Clients of Firebase send the ID token to APIs, so that the preset accepts it: the claim `firebase` marks it. All
 * projects share one key set, and only `iss` and `aud` distinguish them. Session cookies are refused. Does NOT check how the person signed in: an anonymous sign-in is accepted.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function firebase(projectId: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const id = expectPasted(projectId, '`projectId` of firebase').replace(/^https:\/\/securetoken\.google\.com\//, '')
  if (!/^[a-z][a-z\d-]*$/.test(id)) {
    throw invalidOption(
      'Expected `projectId` of firebase to be the project id, such as example-project, and not the number of the project, its web API key or an app id',
    )
  }
  return createPreset(`https://securetoken.google.com/${id}`, { ...defaults, audience: id }, options)
}

addIssuerFactory(firebase)

const defaults: TrustedIssuerOptions = {
  keys: 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
  dialect: {
    clientId: 'client_id',
    isAccessToken: { 'firebase.sign_in_provider': /./ },
    isClient: false,
  },
}
