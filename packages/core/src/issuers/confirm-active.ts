import type { AccessToken } from '../access-token.ts'
import { validateClaims } from '../claims/validate-claims.ts'
import { verifySameBinding } from '../constraints/sender-constraint.ts'
import type { Clock } from '../lib/clock.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { RevocationCheck } from '../revocation/verify-revocations.ts'
import { createAccessToken, type TokenOwner, validatedOf } from '../request-token.ts'
import type { IssuerRegistry } from './issuer-registry.ts'

/**
 * Meets the demand of the guard `active`: the issuer of the token called it active at most `within` milliseconds ago.
 * `undefined` demands nothing.
 * Resolves with the token of a newer response. `undefined` when the token at hand stays.
 *
 * @throws Refusal 401, such as `inactive`, or `untrusted-issuer` when the issuer is no longer trusted. Unavailable.
 */
export type ConfirmActive = (
  token: AccessToken,
  request: HttpRequest | undefined,
  within: number | undefined,
) => Promise<AccessToken | undefined>

export function createConfirmActive(
  issuers: IssuerRegistry,
  revocations: RevocationCheck,
  { clock, owner }: { readonly clock: Clock; readonly owner: TokenOwner },
): ConfirmActive {
  return async (token, request, within) => {
    if (within === undefined) {
      return undefined
    }
    const issuer = await issuers.find(token.issuer, request)
    if (issuer === undefined) {
      throw invalidToken('untrusted-issuer', ['iss'])
    }
    const confirmed = await issuer.confirm(token, within)
    if (confirmed === undefined) {
      return undefined
    }
    const now = clock()
    validateClaims(confirmed, now)
    verifySameBinding(confirmed, token)
    // A response about a JWT may lack `iat`. Without it, a token that was issued after a revocation would be revoked.
    const dated = token.kind === 'jwt' ? { ...confirmed, iat: confirmed.iat ?? validatedOf(token).iat } : confirmed
    await revocations.verify(dated, token.raw())
    // The claims of a JWT stay those that its signature covers.
    return token.kind === 'jwt' ? undefined : createAccessToken(confirmed, { raw: token.raw(), owner, sender: token })
  }
}
