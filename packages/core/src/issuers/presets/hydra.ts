import { invalidOption } from '../../lib/invalid-option.ts'
import type { TrustedIssuerOptions } from '../issuer-options.ts'
import type { TrustedIssuer } from '../trusted-issuer.ts'
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
  const { origin, path } = expectPastedUrl(issuerUrl, '`issuerUrl` of hydra', 'https://auth.example.com/')
  if (origin.endsWith(':4445')) {
    throw invalidOption('Expected `issuerUrl` of hydra to be `urls.self.issuer`, and not the address of the admin port')
  }
  return createPreset(issuerUrl.includes('/.well-known/') ? `${origin}${path}` : issuerUrl.trim(), vendor, options)
}

const vendor: TrustedIssuerOptions = { dialect: { clientId: 'client_id', scopes: ['scp', 'scope'] } }
