import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted } from './preset.ts'

/**
 * Descope. `projectId` is the id of the project, such as `P2example`. If a template makes the `iss` of its tokens a URL,
 * it is that URL, such as `https://api.descope.com/P2example`.
 *
 * Sessions name no API by default. The preset accepts them without `aud`, because their key set belongs to the project.
 * `drn` marks a session: set `dialect: { isAccessToken }` if the cookie has another name than `DS`. Nothing marks a
 * machine, so that `subjectType` is `'unknown'`. The permissions of the project count as scopes.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function descope(projectId: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const iss = expectPasted(projectId, '`projectId` of descope')
  const [, origin = 'https://api.descope.com', project] =
    /^(?:(https:\/\/[^/]+)\/(?:.*\/)?)?(P\w+)(?:\/|$)/.exec(iss) ?? []
  if (project === undefined) {
    throw invalidOption(
      'Expected `projectId` of descope to be the id of the project, such as P2example, or the `iss` of its tokens',
    )
  }
  return createPreset(iss, { ...defaults, keys: `${origin}/${project}/.well-known/jwks.json` }, options)
}

addIssuerFactory(descope)

const defaults: TrustedIssuerOptions = {
  missingAudience: 'trust',
  dialect: { clientId: 'client_id', scopes: 'permissions', isAccessToken: { drn: 'DS' }, isClient: 'unknown' },
}
