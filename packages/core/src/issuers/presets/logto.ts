import { invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl, hasTexts } from './preset.ts'

/**
 * Logto. `endpoint` is the endpoint of the tenant, such as `https://tenant.logto.app`, or its custom domain.
 *
 * JWTs must keep to RFC 9068. An introspection response must have a `token_type`, because one about a refresh token has
 * none. With `organizations: 'enforced'`, which is the default here, the guard `organization` decides about the tokens
 * of organizations.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function logto(endpoint: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin, path } = expectPastedUrl(endpoint, '`endpoint` of logto', 'https://tenant.logto.app')
  const [issuer] = /^(\/[^/]+)*?\/oidc(?=\/|$)/.exec(path === '' ? '/oidc' : path) ?? []
  if (issuer === undefined) {
    throw invalidOption(
      'Expected `endpoint` of logto to be the endpoint of the tenant, such as https://tenant.logto.app',
    )
  }
  return createPreset(`${origin}${issuer}`, defaults, options)
}

addIssuerFactory(logto)

const defaults: TrustedIssuerOptions = {
  profile: 'rfc9068',
  organizations: 'enforced',
  dialect: { isAccessToken: (claims, header) => own(header, 'alg') !== undefined || hasTexts(claims, 'token_type') },
}
