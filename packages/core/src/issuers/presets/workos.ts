import { invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import {
  beginsWith,
  createPreset,
  expectPasted,
  expectPastedUrl,
  expectPresetOptions,
  hasTexts,
  isSubject,
  lacks,
} from './preset.ts'

export interface WorkosOptions extends TrustedIssuerOptions {
  /**
   * The `iss` of sessions, for an older environment (`https://api.workos.com`) or a custom domain. Default:
   * `https://api.workos.com/user_management/` and the client id.
   */
  readonly issuer?: string | undefined
}

/**
 * WorkOS. `clientIdOrDomain` is the client id (`client_…`) for the sessions of AuthKit, or the AuthKit domain, such as
 * `example.authkit.app`, for the tokens of Connect.
 *
 * Sessions name no API by default. The preset accepts them without `aud`, because their key set belongs to the client.
 * Their permissions count as scopes.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function workos(clientIdOrDomain: string, given?: WorkosOptions): TrustedIssuer {
  const { issuer, ...options } = expectPresetOptions(given, 'issuer')
  const pasted = expectPasted(clientIdOrDomain, name)
  if (/^client_\w+$/.test(pasted)) {
    const keys = `https://api.workos.com/sso/jwks/${pasted}`
    const url = issuer ?? `https://api.workos.com/user_management/${pasted}`
    return createPreset(url, { ...sessions, keys }, options)
  }
  const { origin } = expectPastedUrl(pasted, name, 'example.authkit.app')
  if (origin === 'https://api.workos.com' || issuer !== undefined) {
    throw invalidOption(
      `Expected ${name} to be the client id (client_…) for sessions, or the AuthKit domain without \`issuer\``,
    )
  }
  return createPreset(origin, connect, options)
}

addIssuerFactory(workos)

const name = '`clientIdOrDomain` of workos'

const sessions: TrustedIssuerOptions = {
  missingAudience: 'trust',
  dialect: {
    clientId: 'client_id',
    scopes: 'permissions',
    // The same key signs tokens of agents, whose `sid` begins otherwise.
    isAccessToken: { sid: /^session_/ },
    isClient: false,
  },
}

const connect: TrustedIssuerOptions = {
  dialect: {
    clientId: 'client_id',
    isAccessToken: (claims) => hasTexts(claims, 'client_id') && !beginsWith(claims, 'token_type', 'refresh'),
    isClient: (claims) => (lacks(claims, 'sid') ? isSubject(claims, own(claims, 'client_id')) || undefined : false),
  },
}
