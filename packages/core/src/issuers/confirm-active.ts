import type { AccessToken } from '../access-token.ts'
import { validateClaims } from '../claims/validate-claims.ts'
import { verifySenderConstraint } from '../constraints/sender-constraint.ts'
import type { Clock } from '../lib/clock.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { createAccessToken, withRawClaims } from '../validated-token.ts'
import type { IssuerRegistry } from './issuer-registry.ts'

/**
 * Meets the demand of the guard `active`: the issuer of the token called it active at most `within` milliseconds ago.
 * Without a demand, it only returns the token with its raw claims. `isNew`: a newer response replaced the claims.
 *
 * @throws Refusal 401, such as `inactive`. Unavailable. TypeError for a token of another validator.
 */
export type ConfirmActive = (
  token: object,
  request: HttpRequest,
  within: number | undefined,
) => Promise<{ readonly raw: AccessToken; readonly isNew: boolean }>

export function createConfirmActive(issuers: IssuerRegistry, clock: Clock, owner: object): ConfirmActive {
  return async (token, request, within) => {
    const raw = expectKnown(withRawClaims(token, owner))
    const confirmed =
      within === undefined ? undefined : await expectKnown(await issuers.find(raw.issuer)).confirm(raw, within)
    if (confirmed === undefined) {
      return { raw, isNew: false }
    }
    const now = clock()
    validateClaims(confirmed, now)
    await verifySenderConstraint(confirmed, { request, now })
    // The claims of a JWT stay those that its signature covers.
    return raw.kind === 'jwt'
      ? { raw, isNew: false }
      : { raw: createAccessToken(confirmed, raw.raw(), owner), isNew: true }
  }
}

function expectKnown<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new TypeError('Expected an access token that this validator has validated, of an issuer that it still trusts')
  }
  return value
}
