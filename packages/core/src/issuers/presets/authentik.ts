import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl } from './preset.ts'

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
  const [application, slug = ''] = /^\/application\/o\/([^/]+)/.exec(path) ?? []
  if ((application === undefined && path !== '') || reserved.has(slug)) {
    throw invalidOption(`Expected \`issuerUrl\` of authentik to be the issuer of the application, such as ${example}`)
  }
  return createPreset(`${origin}${application ?? ''}/`, defaults, options)
}

addIssuerFactory(authentik)

/** Endpoints of authentik in the place of the slug. */
const reserved: ReadonlySet<string> = new Set(['authorize', 'token', 'userinfo', 'introspect', 'revoke', 'device'])

const defaults: TrustedIssuerOptions = {
  dialect: {
    clientId: 'azp',
    isAccessToken: { azp: /./, uid: /./ },
    isClient: 'unknown',
  },
}
