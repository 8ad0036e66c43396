import { invalidOption } from '../lib/invalid-option.ts'
import { own } from '../lib/record.ts'
import { invalidToken, isRefusal, type Refusal } from '../responses/refusal.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { Issuer } from './issuer.ts'
import type { ParsedToken } from './token-format.ts'
import { settingsOf, type TrustedIssuer } from './trusted-issuer.ts'

/** How an opaque token finds its issuer when several issuers introspect. */
export type OpaqueRouting = 'prefix' | 'in-order'

/**
 * Finds the issuers that may know a token that is opaque, or whose `iss` names no trusted issuer. It throws a `Refusal`
 * (401) when there are none. The candidates are the issuers whose `prefix` the token begins with. `'prefix'` chooses the
 * one with the longest prefix. `'in-order'` returns all of them, in the order of the configuration.
 */
export function createRouteOpaque(
  issuers: readonly Issuer[],
  routing: OpaqueRouting,
): (parsed: ParsedToken) => readonly Issuer[] {
  const byLength = (one: Issuer, other: Issuer): number => other.prefix.length - one.prefix.length
  const all = issuers.filter(({ formats }) => formats !== 'jwt')
  const introspecting = routing === 'prefix' ? all.toSorted(byLength) : all
  const introspectingAll = introspecting.filter(({ formats }) => formats === 'opaque')

  return (parsed) => {
    const possible = parsed.format === 'jwt' ? introspectingAll : introspecting
    const matching = possible.filter(({ prefix }) => parsed.text.startsWith(prefix))
    if (matching.length === 0) {
      throw possible.length > 0 ? invalidToken('unknown-prefix') : withoutIssuer(parsed)
    }
    return routing === 'in-order' ? matching : matching.slice(0, 1)
  }
}

/** The refusal of a token that no trusted issuer can know. */
function withoutIssuer(parsed: ParsedToken): Refusal {
  const claims = parsed.format === 'jwt' ? parsed.jwt?.claims : undefined
  const iss = own(claims, 'iss')
  if (claims === undefined) {
    return invalidToken('malformed-token')
  }
  if (typeof iss !== 'string') {
    return invalidToken(iss === undefined ? 'missing-claim' : 'malformed-claim', ['iss'])
  }
  return invalidToken('untrusted-issuer', ['iss'])
}

/**
 * Step 3: asks each issuer in order, until one knows the token. When none does and one was unavailable, the result is
 * unavailable, because that issuer may know the token.
 */
export async function validateInOrder(issuers: readonly Issuer[], parsed: ParsedToken): Promise<ValidatedToken> {
  let failure: { readonly error: unknown } | undefined
  let refusal: Refusal | undefined
  for (const issuer of issuers) {
    try {
      return await issuer.validate(parsed)
    } catch (error) {
      if (!isRefusal(error)) {
        failure ??= { error }
      } else if (error.reason === 'untrusted-issuer') {
        // A server can answer for another issuer, and that issuer may come next.
        refusal = error
      } else if (error.reason !== 'inactive') {
        throw error
      }
    }
  }
  throw failure === undefined ? (refusal ?? invalidToken('inactive')) : failure.error
}

/** Checks that an opaque token can find its issuer: prefixes differ, or a server may see tokens of the others. */
export function expectRoutable(issuers: readonly TrustedIssuer[], routing: OpaqueRouting): void {
  const all = issuers.map(settingsOf).filter(({ formats }) => formats !== 'jwt')
  const prefixes = all.map(({ introspection }) => introspection?.prefix ?? '')
  const areDistinct = prefixes.every((prefix) => prefix !== '') && new Set(prefixes).size === prefixes.length
  if (routing === 'prefix' && prefixes.length > 1 && !areDistinct) {
    throw invalidOption(
      "Expected each of several issuers with `introspection` to have a different `prefix` for its opaque tokens; or set `opaqueRouting: 'in-order'`, which shows each server the tokens of the others",
    )
  }
}
