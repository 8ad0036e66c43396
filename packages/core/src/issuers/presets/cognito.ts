import { invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPasted, hasTexts, isSubject } from './preset.ts'

/**
 * Amazon Cognito. `userPoolId` is the id of the user pool, such as `eu-central-1_Abc123`, or its ARN.
 *
 * `audience` is the list of app client ids that may call the API, because access tokens have no `aud`: it is compared
 * with `client_id`. With resource binding, set `dialect: { audience: 'aud' }`. `token_use` marks an access token.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function cognito(userPoolId: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const pasted = expectPasted(userPoolId, '`userPoolId` of cognito')
  const [, pool, region] =
    /(?:^|[:/])(([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})_[A-Za-z0-9]+)(?:\/\.well-known\/.*)?$/.exec(pasted) ?? []
  if (pool === undefined) {
    throw invalidOption(
      'Expected `userPoolId` of cognito to be the id of a user pool, such as eu-central-1_Abc123, and not the domain of its sign-in pages',
    )
  }
  return createPreset(`https://cognito-idp.${region}.amazonaws.com/${pool}`, defaults, options)
}

addIssuerFactory(cognito)

const defaults: TrustedIssuerOptions = {
  dialect: {
    audience: 'client_id',
    clientId: 'client_id',
    isAccessToken: { token_use: 'access' },
    isClient: (claims) =>
      hasTexts(claims, 'username') ? false : isSubject(claims, own(claims, 'client_id')) || undefined,
  },
}
