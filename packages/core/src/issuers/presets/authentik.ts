import type { TrustedIssuerOptions } from '../issuer-options.ts'
import type { TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, hasTexts } from './preset.ts'

/**
 * authentik. `issuerUrl` is the OpenID Configuration Issuer of the OAuth2 application, such as
 * `https://auth.example.com/application/o/orders/`.
 *
 * `azp` and `uid` together mark an access token. Introspection responses have neither, so that all of them are refused:
 * they do not say which tokens are refresh tokens. Nothing marks a machine, so that `subjectType` is `'unknown'`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function authentik(issuerUrl: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const example = 'https://auth.example.com/application/o/orders/'
  const { origin, path } = expectPastedUrl(issuerUrl, '`issuerUrl` of authentik', example)
  return createPreset(`${origin}${path}/`, vendor, options)
}

const vendor: TrustedIssuerOptions = {
  dialect: {
    clientId: 'azp',
    isAccessToken: (claims) => hasTexts(claims, 'azp', 'uid'),
    isClient: () => undefined,
  },
}
