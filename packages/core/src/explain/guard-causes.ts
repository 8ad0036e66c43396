import { valueAt } from '../claims/claim-path.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showClaims, showText } from './show.ts'

/** `missing-scope`. The scopes of the route are shown, and no scope of the token. */
export function missingScope({ refusal, genuine, scopes }: FailedToken): Cause {
  const granted = [...(refusal.token?.scopes ?? genuine?.granted().scopes ?? [])]
  const missing = scopes.filter((scope) => !granted.includes(scope))
  const read = refusal.claimPaths
  const place = read.length === 0 ? '' : ` in ${showClaims(read)}`
  const common = {
    expected: scopes.map((scope) => showText(scope)).join(' '),
    received: `${granted.length === 0 ? 'no scope' : `${granted.length} other ${granted.length === 1 ? 'scope' : 'scopes'}`}${place}`,
  }
  const alike = missing.find((scope) => granted.some((one) => one.toLowerCase() === scope.toLowerCase()))
  if (alike !== undefined) {
    return {
      problem: `the token has the scope ${showText(alike)} in another case: upper and lower case count`,
      ...common,
      fix: 'Write the scope in the guard exactly as the issuer does.',
    }
  }
  const other = otherPlaces.find((path) => isFilled(valueAt(genuine?.claims, path)) && !read.includes(path.join('.')))
  if (other !== undefined) {
    const claim = other.join('.')
    return {
      problem: `the token lacks the scope ${names(missing)}, and it has \`${claim}\`, which is not read`,
      ...common,
      fix: `If its scopes are there, set \`dialect: { scopes: '${claim}' }\` in trustedIssuer, or use the preset of this issuer. Otherwise the client must request the scope.`,
    }
  }
  return {
    problem: `the token lacks the scope ${names(missing)}`,
    ...common,
    fix: 'The client must request the scope when it gets the token, and the issuer must grant it.',
  }
}

const names = (scopes: readonly string[]): string =>
  scopes.length === 0 ? 'that the route demands' : scopes.map((scope) => showText(scope)).join(' ')

/** Where issuers write scopes, permissions and roles. */
const otherPlaces: readonly (readonly string[])[] = [
  ['permissions'],
  ['scp'],
  ['scopes'],
  ['roles'],
  ['realm_access', 'roles'],
  ['scope'],
  ['groups'],
  ['authorities'],
  ['cognito:groups'],
]

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : typeof value === 'string' && value !== ''
}

/** `wrong-organization`. */
export function wrongOrganization({ refusal }: FailedToken): Cause {
  return {
    problem: 'the token is for another organization than the route, or for none',
    received: refusal.claimPaths.length === 0 ? undefined : showClaims(refusal.claimPaths),
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
    problem: `a guard of your application refused the token (${showText(refusal.reason).slice(1, -1)})`,
    received: refusal.claimPaths.length === 0 ? undefined : showClaims(refusal.claimPaths),
    fix: 'Search for this reason in your guards.',
  }
}
