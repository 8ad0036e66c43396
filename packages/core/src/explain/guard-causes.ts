import { own } from '../lib/record.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showClaims, showWithoutQuotes } from './show.ts'

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

/** A reason of the application. */
export function byApplication({ refusal }: FailedToken): Cause {
  return {
    problem: `a guard of your application refused the token (${showWithoutQuotes(refusal.reason)})`,
    received: refusal.claimPaths.length === 0 ? undefined : showClaims(refusal.claimPaths),
    fix: 'Search for this reason in your guards.',
  }
}
