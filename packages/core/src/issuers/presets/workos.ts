import { expectText, invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import type { TrustedIssuer } from '../trusted-issuer.ts'
import { beginsWith, createPreset, expectPastedUrl, hasTexts, isSubject, lacks } from './preset.ts'

export interface WorkosOptions extends TrustedIssuerOptions {
  /**
   * The `iss` of sessions, for an older environment (`https://api.workos.com`) or a custom domain. Default:
   * `https://api.workos.com/user_management/` and the client id.
   */
  readonly issuer?: string | undefined
}

/**
 * WorkOS. `where` is the client id (`client_…`) for the sessions of AuthKit, or the AuthKit domain, such as
 * `example.authkit.app`, for the tokens of Connect.
 *
 * Sessions name no API by default. The preset accepts them without `aud`, because their key set belongs to the client.
 * Their permissions count as scopes.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function workos(where: string, { issuer, ...options }: WorkosOptions = {}): TrustedIssuer {
  const pasted = expectText(where, '`where` of workos').trim()
  if (/^client_\w+$/.test(pasted)) {
    const keys = `https://api.workos.com/sso/jwks/${pasted}`
    const url = issuer ?? `https://api.workos.com/user_management/${pasted}`
    return createPreset(url, { ...sessions, keys }, options)
  }
  const { origin } = expectPastedUrl(pasted, '`where` of workos', 'example.authkit.app')
  if (origin === 'https://api.workos.com' || issuer !== undefined) {
    throw invalidOption(
      'Expected the client id (client_…) as `where` of workos for sessions, or the AuthKit domain without `issuer`',
    )
  }
  return createPreset(origin, connect, options)
}

const sessions: TrustedIssuerOptions = {
  missingAudience: 'trust',
  dialect: {
    clientId: 'client_id',
    scopes: 'permissions',
    // Tokens of agents have the same key.
    isAccessToken: (claims) => beginsWith(claims, 'sid', 'session_'),
    isClient: () => false,
  },
}

const connect: TrustedIssuerOptions = {
  dialect: {
    clientId: 'client_id',
    isAccessToken: (claims) => hasTexts(claims, 'client_id') && !beginsWith(claims, 'token_type', 'refresh'),
    isClient: (claims) => (lacks(claims, 'sid') ? isSubject(claims, own(claims, 'client_id')) || undefined : false),
  },
}
