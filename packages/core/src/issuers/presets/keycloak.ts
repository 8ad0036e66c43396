import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, lacks } from './preset.ts'

/**
 * Keycloak. `realmUrl` is the URL of the realm, such as `https://sso.example.com/realms/main`.
 *
 * `typ` among the claims says that a token is an access token. Clients need an audience mapper, because access tokens
 * have no useful `aud` without one. Roles do not count as scopes: name those of your API in `dialect: { scopes }`. Does NOT check them.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function keycloak(realmUrl: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin, path } = expectPastedUrl(realmUrl, '`realmUrl` of keycloak', 'https://sso.example.com/realms/main')
  const [realm] = /^.*?\/realms\/[^/]+/.exec(path) ?? []
  if (realm === undefined || path.startsWith('/admin/')) {
    throw invalidOption(
      'Expected `realmUrl` of keycloak to be the URL of a realm, such as https://sso.example.com/realms/main, and not that of the server or of its console',
    )
  }
  return createPreset(`${origin}${realm}`, defaults, options)
}

addIssuerFactory(keycloak)

const defaults: TrustedIssuerOptions = {
  dialect: {
    clientId: ['azp', 'client_id'],
    isAccessToken: { typ: ['Bearer', 'DPoP'] },
    isClient: (claims) => {
      // An introspection response has `active`, and a `client_id` also for a person.
      const marks = ['clientHost', 'clientAddress', 'clientId', ...(lacks(claims, 'active') ? ['client_id'] : [])]
      if (marks.some((name) => !lacks(claims, name))) {
        return true
      }
      return lacks(claims, 'sid', 'session_state') ? undefined : false
    },
  },
}
