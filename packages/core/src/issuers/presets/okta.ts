import { invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, hasTexts, isSubject } from './preset.ts'

/**
 * Okta. `issuerUri` is the Issuer URI of a custom authorization server, such as
 * `https://example.okta.com/oauth2/default`.
 *
 * The `jti` of an access token begins with `AT.`. The server of the organization itself (`https://example.okta.com`) is
 * refused, because its access tokens are for Okta only and its keys are not published.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function okta(issuerUri: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin, path } = expectPastedUrl(issuerUri, '`issuerUri` of okta', 'https://example.okta.com/oauth2/default')
  const [, server] = /^\/oauth2\/([^/]+)/.exec(path) ?? []
  if (server === undefined || server === 'v1') {
    throw invalidOption(
      'Expected `issuerUri` of okta to be that of a custom authorization server, such as https://example.okta.com/oauth2/default: only Okta can validate the tokens of the server of the organization',
    )
  }
  return createPreset(`${origin.replace('-admin.', '.')}/oauth2/${server}`, defaults, options)
}

addIssuerFactory(okta)

const defaults: TrustedIssuerOptions = {
  dialect: {
    // Introspection responses have the names of RFC 7662.
    clientId: ['cid', 'client_id'],
    scopes: ['scp', 'scope'],
    isAccessToken: { jti: /^AT\./ },
    isClient: (claims) => {
      const isClient = isSubject(claims, own(claims, 'cid') ?? own(claims, 'client_id'))
      return hasTexts(claims, 'uid') ? false : isClient || undefined
    },
  },
}
