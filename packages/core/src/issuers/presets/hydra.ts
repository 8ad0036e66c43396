import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import { addIssuerFactory, type TrustedIssuer } from '../trusted-issuer.ts'
import { createPreset, expectPastedUrl } from './preset.ts'

/**
 * Ory Hydra. `issuerUrl` is `urls.self.issuer` of its configuration, exactly as it is there, including a slash at the
 * end.
 *
 * Introspection needs an `endpoint`, because it is on the admin port and not in the metadata.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options, and for the admin port 4445.
 */
export function hydra(issuerUrl: string, options?: TrustedIssuerOptions): TrustedIssuer {
  const { origin } = expectPastedUrl(issuerUrl, '`issuerUrl` of hydra', 'https://auth.example.com/')
  const pasted = issuerUrl.trim()
  if (origin.endsWith(':4445') || pasted.includes('/.well-known/') || !/^https?:/i.test(pasted)) {
    throw invalidOption(
      'Expected `issuerUrl` of hydra to be `urls.self.issuer`, exactly as `issuer` in its metadata, and not the admin port or the URL of the metadata',
    )
  }
  return createPreset(pasted, defaults, options)
}

addIssuerFactory(hydra)

const defaults: TrustedIssuerOptions = { dialect: { clientId: 'client_id', scopes: ['scp', 'scope'] } }
