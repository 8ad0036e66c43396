import { valueAt } from '../claims/claim-path.ts'
import { isRecord, own } from '../lib/record.ts'
import type { Cause, ProblemAndFix } from './explanation.ts'
import { audiencesOf, type FailedToken } from './failed-token.ts'
import { showClaims, showText } from './show.ts'

/** `missing-scope`. The scopes of the route are shown, and no scope of the token. */
export function missingScope(token: FailedToken): Cause {
  const { refusal, genuine, scopes } = token
  const granted = [...(refusal.token?.scopes ?? genuine?.granted().scopes ?? [])]
  const missing = scopes.filter((scope) => !granted.includes(scope))
  const place = refusal.claimPaths.length === 0 ? '' : ` in ${showClaims(refusal.claimPaths)}`
  const count =
    granted.length === 0 ? 'no scope' : `${granted.length} other ${granted.length === 1 ? 'scope' : 'scopes'}`
  const lack = lackOf(missing, scopes)
  const cause = byApiOfCognito(granted, lack) ??
    misspelt(missing, granted) ??
    misread(token, missing, granted, lack) ?? {
      problem: lack,
      fix: 'The client must request the scope when it gets the token, and the issuer must grant it.',
    }
  return { ...cause, expected: scopes.map((scope) => showText(scope)).join(' '), received: `${count}${place}` }
}

/** The only scope of a token that did not come from the token endpoint of Cognito. */
function byApiOfCognito(granted: readonly string[], lack: string): ProblemAndFix | undefined {
  return granted.length === 1 && granted[0] === 'aws.cognito.signin.user.admin'
    ? {
        problem: `${lack}: it comes from a sign-in through the API of Cognito, which gives no other scopes`,
        fix: "Sign in through the login pages of Cognito, and request the scope there. Or decide by groups: `dialect: { scopes: 'cognito:groups' }`.",
      }
    : undefined
}

/** A route can demand all of its scopes, or any of them. With none of them, both are the same. */
function lackOf(missing: readonly string[], scopes: readonly string[]): string {
  return missing.length > 1 && missing.length === scopes.length
    ? `the token has none of the scopes of the route: ${missing.map((scope) => showText(scope)).join(', ')}`
    : `the token lacks ${showScopes(missing)}`
}

function showScopes(scopes: readonly string[]): string {
  const shown = scopes.map((scope) => showText(scope)).join(' and ')
  return scopes.length === 0 ? 'the scope that the route demands' : `the scope${scopes.length > 1 ? 's' : ''} ${shown}`
}

/** The route and the issuer write one scope in different ways. */
function misspelt(missing: readonly string[], granted: readonly string[]): ProblemAndFix | undefined {
  const inOtherCase = missing.find((scope) => granted.some((one) => one.toLowerCase() === scope.toLowerCase()))
  if (inOtherCase !== undefined) {
    return {
      problem: `the token has the scope ${showText(inOtherCase)} in another case: upper and lower case count`,
      fix: 'Write the scope in the guard exactly as the issuer does.',
    }
  }
  const prefixed = missing.find((scope) =>
    granted.some((one) => one.endsWith(`/${scope}`) || scope.endsWith(`/${one}`)),
  )
  if (prefixed !== undefined) {
    return {
      problem: `${showText(prefixed)} and a scope of the token differ by a prefix such as \`api://…/\` only`,
      fix: 'Write the scope in the guard as the token has it. Entra leaves the URI of the API out, and Cognito adds the resource server.',
    }
  }
  const reordered = missing.find((scope) => granted.some((one) => wordsOf(one) === wordsOf(scope)))
  if (reordered !== undefined) {
    return {
      problem: `${showText(reordered)} and a scope of the token have the same words with other separators, or in another order`,
      fix: 'Write the scope in the guard exactly as the issuer does.',
    }
  }
  const covered = missing.find((scope) =>
    granted.some((one) => /[:./]\*$/.test(one) && scope.startsWith(one.slice(0, -1))),
  )
  return covered === undefined
    ? undefined
    : {
        problem: `the token has a scope with \`*\` that seems to cover ${showText(covered)}, and \`*\` has no meaning in a scope`,
        fix: 'Set `scopeHierarchy`, which says which scopes a scope implies. Or request the scope itself.',
      }
}

/** Spring writes `SCOPE_` in front. */
function wordsOf(scope: string): string {
  return scope
    .replace(/^(SCOPE|ROLE)_/, '')
    .toLowerCase()
    .split(/[:./_-]+/)
    .toSorted()
    .join(' ')
}

/** The scope is in the token, and the issuer writes it in another place or in another way. */
function misread(
  token: FailedToken,
  missing: readonly string[],
  granted: readonly string[],
  lack: string,
): ProblemAndFix | undefined {
  const { refusal } = token
  const claims = token.genuine?.claims
  const has = (value: unknown): boolean => missing.some((scope) => namesIn(value).includes(scope))
  if (granted.some((one) => /[,;+|["]/.test(one) && has(one))) {
    return {
      problem: '`scope` separates its names by commas or other characters, and it must separate them by spaces',
      fix: 'Configure the issuer to write spaces (RFC 6749 §3.3).',
    }
  }
  if (refusal.claimPaths.includes('scope') && Array.isArray(own(claims, 'scope')) && has(own(claims, 'scope'))) {
    return {
      problem: '`scope` is an array, and RFC 9068 demands a text',
      fix: "Set `dialect: { scopes: 'scope' }` in trustedIssuer, which reads arrays as well.",
    }
  }
  const places = [...otherPlaces, ...placesInside(claims, audiencesOf(token))]
  const place = places.find(({ path }) => !refusal.claimPaths.includes(path.join('.')) && has(valueAt(claims, path)))
  return place === undefined ? undefined : unreadPlace(place, token, lack)
}

function unreadPlace({ path, says }: Place, token: FailedToken, lack: string): ProblemAndFix {
  const option = optionFor(path, token)
  const fixes: Readonly<Record<Place['says'], string>> = {
    scopes: `If its scopes are there, set \`dialect: { scopes: ${option} }\` in trustedIssuer, or use the preset of this issuer.`,
    requests:
      'The preset reads other claims, because a client can request any scope there. Grant the permission or the role at the issuer.',
    rights: `It says what the person may do, and not what the client requested. If the route means that, give the preset or trustedIssuer the option \`dialect: { scopes: ${option} }\`.`,
    project: 'Set `project` of zitadel(…) to the id of the project of this API.',
  }
  return { problem: `${lack}, and it has ${showClaims([path.join('.')])}, which is not read`, fix: fixes[says] }
}

/** The value of `dialect: { scopes }` that reads this claim, beside the claims of the token that are read already. */
function optionFor(path: readonly string[], { refusal, genuine }: FailedToken): string {
  const read = refusal.claimPaths
    .map((name) => (name.includes('://') ? [name] : name.split('.')))
    .filter((one) => valueAt(genuine?.claims, one) !== undefined)
  const paths = [...read, path].map((one) =>
    one.some((name) => /[.:]/.test(name)) ? JSON.stringify(one).replaceAll('"', "'") : `'${one.join('.')}'`,
  )
  return paths.length === 1 && paths[0]?.startsWith("'") === true ? paths[0] : `[${paths.join(', ')}]`
}

interface Place {
  readonly path: readonly string[]
  /** What the names in this claim are. */
  readonly says: 'scopes' | 'requests' | 'rights' | 'project'
}

/** Where issuers write scopes, permissions and roles. */
const otherPlaces: readonly Place[] = [
  { path: ['scp'], says: 'scopes' },
  { path: ['scopes'], says: 'scopes' },
  { path: ['scope'], says: 'requests' },
  { path: ['permissions'], says: 'rights' },
  { path: ['roles'], says: 'rights' },
  { path: ['realm_access', 'roles'], says: 'rights' },
  { path: ['groups'], says: 'rights' },
  { path: ['authorities'], says: 'rights' },
  { path: ['cognito:groups'], says: 'rights' },
]

/** Claims whose names contain the id of a client (Keycloak) or of a project (Zitadel), or are URLs (Auth0). */
function placesInside(claims: unknown, audience: readonly string[]): readonly Place[] {
  const access = own(claims, 'resource_access')
  // The roles of another client are rights at another API.
  const clients = isRecord(access) ? Object.keys(access).filter((client) => audience.includes(client)) : []
  const urls = isRecord(claims) ? Object.keys(claims).filter((name) => /^https?:\/\//.test(name)) : []
  const projects = isRecord(claims) ? Object.keys(claims).filter((name) => /^urn:zitadel:.*:roles$/.test(name)) : []
  return [
    ...clients.map((client): Place => ({ path: ['resource_access', client, 'roles'], says: 'rights' })),
    ...urls.map((name): Place => ({ path: [name], says: 'rights' })),
    ...projects.map((name): Place => ({ path: [name], says: 'project' })),
  ]
}

function namesIn(value: unknown): readonly unknown[] {
  if (typeof value === 'string') {
    return value.split(/[ ,;+|[\]"]+/)
  }
  return Array.isArray(value) ? value : isRecord(value) ? Object.keys(value) : []
}
