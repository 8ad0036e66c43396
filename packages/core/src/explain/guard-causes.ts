import { own } from '../lib/record.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showClaims, showDuration, showText, showWithoutQuotes, typeOf } from './show.ts'

/** `wrong-organization`. */
export function wrongOrganization({ refusal, claims }: FailedToken): Cause {
  const [claim] = refusal.claimPaths
  const isMissing = claim !== undefined && own(claims, claim) === undefined
  return {
    problem: `the token is for ${isMissing ? 'no' : 'another'} organization, and the route is for one`,
    received: claim === undefined ? undefined : `${isMissing ? 'no ' : ''}${showClaims(refusal.claimPaths)}`,
    fix: 'The client must request a token for the organization that the route names.',
  }
}

/** `unexpected-organization`. */
export function unexpectedOrganization(): Cause {
  return {
    problem: 'the token is for an organization, and this route has no guard organization(…)',
    fix: 'Add organization({ id, kind }) to every layer of the route. Or request a token without an organization.',
  }
}

/** `insufficient-authentication`. Of the token, only `acr` and `auth_time` are shown. */
export function insufficientAuthentication({ refusal, claims, now }: FailedToken): Cause {
  const isClass = refusal.claimPaths.includes('acr')
  const value = own(claims, isClass ? 'acr' : 'auth_time')
  if (isClass) {
    return {
      problem: 'the `acr` of the token is not one that the route demands',
      received: typeof value === 'string' ? showText(value) : typeOf(value),
      fix: 'The client must send the person to the issuer again, with the `acr_values` of the challenge. The issuer must know them.',
    }
  }
  return {
    problem: 'the person signed in too long ago, or the token has no `auth_time`',
    received: typeof value === 'number' ? `a sign-in ${showDuration(now / 1000 - value)} ago` : typeOf(value),
    fix: 'The client must send the person to the issuer again, with the `max_age` of the challenge. The issuer must write `auth_time`.',
  }
}

/** A reason of the application. */
export function byApplication({ refusal }: FailedToken): Cause {
  return {
    problem: `a guard of your application refused the token (${showWithoutQuotes(refusal.reason)})`,
    received: refusal.claimPaths.length === 0 ? undefined : showClaims(refusal.claimPaths),
    fix: 'Search for this reason in your guards.',
  }
}
