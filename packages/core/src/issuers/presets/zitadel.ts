import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted, expectPastedUrl, expectPresetOptions, hasTexts, lacks } from './preset.ts'

export interface ZitadelOptions extends TrustedIssuerOptions {
  /**
   * The id of the project of this API. Its roles count as scopes. The roles of other projects do not count, because
   * their owners choose the names. Default: only `scope` counts, which JWTs do not have.
   */
  readonly project?: string | undefined
}

/**
 * Zitadel. `domain` is the domain of the instance, such as `example.zitadel.cloud`.
 *
 * A JWT is an access token if it has `jti` and `client_id`, and no mark of another kind. Nothing marks a machine, so
 * that `subjectType` is `'unknown'`. Does NOT check in which organization a role was granted.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function zitadel(domain: string, given?: ZitadelOptions): TrustedIssuer {
  const { project, ...options } = expectPresetOptions(given, 'project')
  const { origin } = expectPastedUrl(domain, '`domain` of zitadel', 'example.zitadel.cloud')
  const scopes =
    project === undefined
      ? undefined
      : ['scope', [`urn:zitadel:iam:org:project:${expectPasted(project, '`project` of zitadel')}:roles`]]
  return createPreset(origin, { dialect: { ...dialect, scopes } }, options)
}

addIssuerFactory(zitadel)

const dialect: TrustedIssuerOptions['dialect'] = {
  clientId: 'client_id',
  isAccessToken: (claims, header) =>
    own(header, 'alg') === undefined
      ? own(claims, 'token_type') === 'Bearer'
      : hasTexts(claims, 'jti', 'client_id') && lacks(claims, 'azp', 'at_hash', 'nonce', 'events'),
  isClient: 'unknown',
}
