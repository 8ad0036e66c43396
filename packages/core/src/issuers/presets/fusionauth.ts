import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted, hasTexts } from './preset.ts'

/**
 * FusionAuth. `issuer` is the Issuer of the tenant, exactly as the console shows it. It need not be a URL, so that
 * `metadata` names the metadata of the tenant: `https://HOST/TENANT_ID/.well-known/openid-configuration`.
 *
 * An access token has neither `at_hash`, `c_hash` nor `nonce`. `roles` and `permissions` count as scopes. `scope` does
 * not, because a client can request any name there unless the application forbids it.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function fusionauth(issuer: string, options?: TrustedIssuerOptions): TrustedIssuer {
  return createPreset(expectPasted(issuer, '`issuer` of fusionauth'), defaults, options)
}

addIssuerFactory(fusionauth)

const defaults: TrustedIssuerOptions = {
  dialect: {
    clientId: 'applicationId',
    scopes: ['roles', 'permissions'],
    isClient: (claims) => {
      const grants = own(claims, 'gty')
      const isGranted = Array.isArray(grants) && grants.includes('client_credentials')
      return (
        isGranted || (hasTexts(claims, 'authenticationType') || hasTexts(claims, 'applicationId') ? false : undefined)
      )
    },
  },
}
