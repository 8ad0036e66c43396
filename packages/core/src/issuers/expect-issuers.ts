import { invalidOption } from '../lib/invalid-option.ts'
import { hintForCopy } from '../lib/shared-state.ts'
import type { ResolveIssuer } from './issuer-resolver.ts'
import { expectRoutable, type OpaqueRouting } from './opaque-routing.ts'
import { isIssuerFactory, isTrustedIssuer, type TrustedIssuer, trustedIssuer } from './trusted-issuer.ts'

/** Checks the option `issuer` of a validator. */
export function expectIssuers(issuer: unknown, opaqueRouting: OpaqueRouting): readonly TrustedIssuer[] | ResolveIssuer {
  if (typeof issuer === 'function') {
    if (isIssuerFactory(issuer)) {
      throw invalidOption(
        `Expected \`issuer\` to be the result of ${issuer.name}(…), got the function itself, which would trust every issuer`,
      )
    }
    return issuer as ResolveIssuer
  }
  const issuers = (Array.isArray(issuer) ? issuer : [issuer]).map(expectIssuer)
  if (issuers.length === 0) {
    throw invalidOption('Expected `issuer` to name at least one issuer, got an empty array')
  }
  if (new Set(issuers.map(({ url }) => url)).size < issuers.length) {
    throw invalidOption('Expected each issuer once in `issuer`; give it several audiences or algorithms instead')
  }
  expectRoutable(issuers, opaqueRouting)
  return Object.freeze(issuers)
}

function expectIssuer(issuer: unknown): TrustedIssuer {
  if (typeof issuer === 'object' && issuer !== null && !isTrustedIssuer(issuer)) {
    throw invalidOption(
      `Expected \`issuer\` to be a URL or a result of trustedIssuer(url, options)${hintForCopy(issuer) || ', got another object'}`,
    )
  }
  return isTrustedIssuer(issuer) ? issuer : trustedIssuer(issuer as string)
}
