import type { Dialect } from '../../claims/dialect.ts'
import { mediaType } from '../../claims/token-kind.ts'
import { expectOneOf, invalidOption } from '../../lib/invalid-option.ts'
import { own } from '../../lib/record.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { beginsWith, createPreset, expectPastedUrl, expectPresetOptions, hasTexts } from './preset.ts'

export interface ClerkOptions extends TrustedIssuerOptions {
  /**
   * The kind of tokens that the API accepts. One key signs all kinds. `'sessions'`: those of people who are signed in.
   * `'oauth'`: those of OAuth clients. `'machines'`: those of machines (M2M). Default: `'sessions'`.
   */
  readonly tokens?: 'sessions' | 'oauth' | 'machines' | undefined
}

/**
 * Clerk. `frontendApi` is the Frontend API URL, such as `https://clerk.example.com`, or the publishable key, which
 * contains that host.
 *
 * Sessions name no API. They name the origin of the frontend in `azp`, so that `audience` is the list of your origins. A
 * session with open tasks (`sts: 'pending'`) is refused. OAuth tokens and machines must name the API in `aud`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function clerk(frontendApi: string, given?: ClerkOptions): TrustedIssuer {
  const { tokens = 'sessions', ...options } = expectPresetOptions(given, 'tokens')
  const name = '`frontendApi` of clerk'
  const { origin } = expectPastedUrl(hostIn(frontendApi) ?? frontendApi, name, 'https://clerk.example.com')
  if (/^https:\/\/((api|dashboard|accounts)\.clerk\.com|[^.]+\.accounts\.dev)$/.test(origin)) {
    throw invalidOption(
      `Expected ${name} to be the Frontend API URL, such as https://clerk.example.com or https://name.clerk.accounts.dev`,
    )
  }
  const dialect = dialects[expectOneOf(tokens, 'tokens', ['sessions', 'oauth', 'machines'])]
  return createPreset(origin, { dialect }, options)
}

addIssuerFactory(clerk)

/** A publishable key contains the host of the Frontend API in base64, with `$` at its end. */
function hostIn(key: unknown): string | undefined {
  const [, encoded] = typeof key === 'string' ? (/^pk_(?:test|live)_([\w+/=-]+)$/.exec(key.trim()) ?? []) : []
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().replace(/\$$/, '')
}

/** The header `cat` of sessions and machines. Older tokens have none. `unstated` means no category. */
const categories = { sessions: 'cl_B7d4PD111AAA', machines: 'cl_B7d4PD333AAA', unstated: 'cl_I7d4PD111III' }

function hasCategory(header: object, kind: 'sessions' | 'machines'): boolean {
  const category = own(header, 'cat')
  return (
    category === undefined || category === categories[kind] || (kind === 'sessions' && category === categories.unstated)
  )
}

const dialects: Readonly<Record<'sessions' | 'oauth' | 'machines', Dialect>> = {
  sessions: {
    audience: 'azp',
    clientId: 'client_id',
    isAccessToken: (claims, header) =>
      beginsWith(claims, 'sid', 'sess_') && hasCategory(header, 'sessions') && own(claims, 'sts') !== 'pending',
    isClient: false,
  },
  oauth: {
    clientId: 'client_id',
    scopes: ['scope', 'scp'],
    isAccessToken: (claims, header) =>
      mediaType(own(header, 'typ')) === 'application/at+jwt' && hasTexts(claims, 'client_id'),
    isClient: false,
  },
  machines: {
    clientId: 'sub',
    isAccessToken: (claims, header) => beginsWith(claims, 'sub', 'mch_') && hasCategory(header, 'machines'),
    isClient: true,
  },
}
