import { expectOneOf, invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted, expectPresetOptions, hasTexts, isSubject } from './preset.ts'

export interface EntraOptions extends TrustedIssuerOptions {
  /**
   * The version of the access tokens: `requestedAccessTokenVersion` in the manifest of the API (older:
   * `accessTokenAcceptedVersion`), where `null` means `'v1'`. Default: `'v2'`.
   */
  readonly version?: 'v2' | 'v1' | undefined
}

/**
 * Microsoft Entra ID. `tenantId` is the directory (tenant) id, which is a GUID.
 *
 * `azp` or `appid` marks an access token. Every application of the tenant can get a token for the API, without roles.
 * Therefore each route needs `scopes(…)`, which reads `scp` and `roles`. The preset does NOT check that a token has any.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options, and for a domain or `common` as the tenant.
 */
export function entra(tenantId: string, given?: EntraOptions): TrustedIssuer {
  const { version = 'v2', ...options } = expectPresetOptions(given, 'version')
  const pasted = expectPasted(tenantId, '`tenantId` of entra').toLowerCase()
  const [, tenant] =
    /^(?:https:\/\/[^/]+\/|\{)?([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:[/}].*)?$/.exec(pasted) ?? []
  if (tenant === undefined) {
    throw invalidOption(
      'Expected `tenantId` of entra to be the directory (tenant) id, which is a GUID. For several tenants, pass one entra(tenantId) for each, or an `issuer` function',
    )
  }
  return expectOneOf(version, 'version', ['v2', 'v1']) === 'v2'
    ? createPreset(`https://login.microsoftonline.com/${tenant}/v2.0`, defaults, options)
    : createPreset(`https://sts.windows.net/${tenant}/`, { ...defaultsOfV1, metadata: metadataOfV1(tenant) }, options)
}

addIssuerFactory(entra)

function metadataOfV1(tenant: string): string {
  return `https://login.microsoftonline.com/${tenant}/.well-known/openid-configuration`
}

const defaults: TrustedIssuerOptions = {
  dialect: {
    clientId: ['azp', 'appid'],
    scopes: ['scp', 'roles'],
    isAccessToken: { azp: /./ },
    isClient: (claims) => {
      const kind = own(claims, 'idtyp')
      if (typeof kind === 'string') {
        return kind === 'app'
      }
      return hasTexts(claims, 'scp') ? false : isSubject(claims, own(claims, 'oid')) || undefined
    },
  },
}

const defaultsOfV1: TrustedIssuerOptions = { dialect: { ...defaults.dialect, isAccessToken: { appid: /./ } } }
