import { invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, hasTexts, isSubject } from './preset.ts'

/**
 * Auth0. `domain` is the domain of the tenant, such as `tenant.eu.auth0.com`, or the custom domain that is in the `iss`
 * of its tokens.
 *
 * Both profiles of access tokens are accepted. `permissions` do not count as scopes, because they name everything that
 * the person may do, and not what the client requested. Does NOT check them.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function auth0(domain: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin } = expectPastedUrl(domain, '`domain` of auth0', 'tenant.eu.auth0.com')
  if (origin === 'https://manage.auth0.com') {
    throw invalidOption(
      'Expected `domain` of auth0 to be the domain of the tenant, and not the address of the dashboard',
    )
  }
  return createPreset(`${origin}/`, defaults, options)
}

addIssuerFactory(auth0)

const defaults: TrustedIssuerOptions = {
  dialect: {
    isClient: (claims) => {
      if (hasTexts(claims, 'sub_profile')) {
        return own(claims, 'sub_profile') !== 'user'
      }
      const clientId = own(claims, 'client_id') ?? own(claims, 'azp')
      const isOfClient = typeof clientId === 'string' && isSubject(claims, `${clientId}@clients`)
      const isGranted = own(claims, 'gty') === 'client-credentials'
      return isGranted || isSubject(claims, clientId) || isOfClient
    },
  },
}
