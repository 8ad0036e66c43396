import { invalidOption } from '../lib/invalid-option.ts'
import { invalidToken, type RefusalReason } from '../responses/refusal.ts'
import type { Issuer } from './issuer.ts'
import type { PresentedToken } from './token-format.ts'
import { settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/** How an opaque token finds its issuer when several introspect. */
export type OpaqueRouting = 'prefix' | 'in-order'

/**
 * Says which issuers to ask about a token that names none: those whose `prefix` it begins with. By `'prefix'` that is the
 * one with the longest; `'in-order'` gives all, in the order in which they are configured.
 */
export function createOpaqueRouter(
  issuers: readonly Issuer[],
  routing: OpaqueRouting,
): (presented: PresentedToken) => readonly Issuer[] {
  const byLength = (one: Issuer, other: Issuer): number => other.prefix.length - one.prefix.length
  const all = issuers.filter(({ formats }) => formats !== 'jwt')
  const introspecting = routing === 'prefix' ? all.toSorted(byLength) : all
  const forEverything = introspecting.filter(({ formats }) => formats === 'opaque')

  return (presented) => {
    const possible = presented.form === 'jwt' ? forEverything : introspecting
    const matching = possible.filter(({ prefix }) => presented.token.startsWith(prefix))
    if (matching.length === 0) {
      throw invalidToken(possible.length > 0 ? 'unknown-prefix' : faultOf(presented))
    }
    return routing === 'in-order' ? matching : matching.slice(0, 1)
  }
}

/** Of a token that nobody is there to introspect. */
function faultOf(presented: PresentedToken): RefusalReason {
  return presented.form === 'jwt' && presented.jwt !== undefined ? 'untrusted-issuer' : 'malformed-token'
}

/** Several issuers that introspect have to be told apart, or the options say that each may see the tokens of the others. */
export function expectRoutable(issuers: readonly TrustedIssuer[], routing: OpaqueRouting): void {
  const all = issuers.map(settingsOf).filter(({ formats }) => formats !== 'jwt')
  const prefixes = all.map(({ introspection }) => introspection?.prefix ?? '')
  const areDistinct = prefixes.every((prefix) => prefix !== '') && new Set(prefixes).size === prefixes.length
  if (routing === 'prefix' && prefixes.length > 1 && !areDistinct) {
    throw invalidOption(
      "Expected each of several issuers with `introspection` to have a `prefix` of its own, by which its opaque tokens are known; or set `opaqueRouting: 'in-order'`, and each server sees the tokens of those after it",
    )
  }
}
