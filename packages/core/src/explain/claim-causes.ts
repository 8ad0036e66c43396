import { own } from '../lib/record.ts'
import { differenceOf } from './difference.ts'
import type { Cause } from './explanation.ts'
import { audiencesOf, type FailedToken, textIn, timeIn } from './failed-token.ts'
import { claimsOfIdTokens, foreignKindOf, sendAccessToken } from './kind-of-token.ts'
import { showClaims, showNames, showText, typeOf } from './show.ts'

/** `wrong-token-type`. */
export function wrongTokenType(token: FailedToken): Cause {
  const kind = foreignKindOf(token)
  const by = token.refusal.claimPaths
  if (kind !== undefined) {
    return { problem: `this is ${kind.what}: ${kind.why}`, received: showBy(by), fix: sendAccessToken }
  }
  if (token.genuine?.policy.profile !== undefined && by.includes('typ')) {
    return {
      problem: "the option `profile: 'rfc9068'` demands `typ: at+jwt` in the header of the token",
      fix: 'Configure the issuer to write RFC 9068 tokens, or remove `profile`.',
    }
  }
  const ofIdTokens = by.filter((name) => claimsOfIdTokens.includes(name))
  if (ofIdTokens.length > 0) {
    return {
      problem: `this seems to be an ID token: it has ${showClaims(ofIdTokens)}`,
      fix: `${sendAccessToken} If it is the access token, use the preset of this issuer, or set \`dialect: { isAccessToken }\`.`,
    }
  }
  return {
    problem: 'the token does not say that it is an access token',
    received: showBy(by),
    fix: 'Send the access token. If it is one, the issuer marks its access tokens in another way: set `dialect: { isAccessToken }`, or use the preset of this issuer.',
  }
}

function showBy(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${showClaims(names)} of another kind of token`
}

/** `wrong-audience`. */
export function wrongAudience(token: FailedToken): Cause {
  const claim = token.refusal.claimPaths[0] ?? 'aud'
  const aud = claim === 'aud' ? own(token.claims, 'aud') : token.genuine?.audience
  const audiences = token.genuine?.audience ?? [aud].flat().filter((one) => typeof one === 'string')
  const expectedNames = audiencesOf(token)
  const isByGuard = expectedNames.some((name) => audiences.includes(name))
  const expected = isByGuard ? 'the audience of this route' : expectedNames.map((name) => showText(name)).join(' or ')
  // Only `aud` is shown, because another claim can be about a person.
  const received = claim === 'aud' ? `\`aud\` ${showNames(aud)}` : `\`${claim}\``
  if (isByGuard) {
    return {
      problem: 'the token is for this API, but not for the audience of this route',
      expected,
      received,
      fix: 'Request a token for the audience that the guard of the route names.',
    }
  }
  const cause = audienceCause(token, audiences, expectedNames)
  return { ...cause, expected, received }
}

/** A token chooses the number of its audiences. */
const maxCompared = 20

function audienceCause(
  token: FailedToken,
  audiences: readonly string[],
  expected: readonly string[],
): Pick<Cause, 'problem' | 'fix'> {
  for (const name of audiences.slice(0, maxCompared)) {
    const difference = differenceOf(name, expected)
    if (difference !== undefined) {
      return {
        problem: `\`aud\` differs ${difference.how} from your \`audience\``,
        fix: `Write exactly this: \`audience: '${showText(name).slice(1, -1)}'\`.`,
      }
    }
  }
  const kind = foreignKindOf(token)
  if (kind !== undefined) {
    return { problem: `this is ${kind.what}: ${kind.why}`, fix: sendAccessToken }
  }
  const known = audiencesOfVendors.find(([pattern]) => audiences.some((name) => pattern.test(name)))
  return known === undefined
    ? {
        problem: 'the token is for another API',
        fix: 'The client must ask the issuer for a token for this API (`audience`, `resource` or a scope of it). If `aud` is the name of this API, write it as `audience`.',
      }
    : { problem: known[1], fix: known[2] }
}

const audiencesOfVendors: readonly (readonly [RegExp, problem: string, fix: string])[] = [
  [
    /\/(oauth2\/v\d\/)?userinfo$/,
    'the token is for the UserInfo endpoint of the issuer only',
    'The client must name this API when it asks for the token: `audience=…` at Auth0, `resource=…` elsewhere.',
  ],
  [
    /^00000003-0000-0000-c000-000000000000$|^https:\/\/graph\.microsoft\.com\/?$/,
    'the token is for Microsoft Graph',
    'The client must ask for a scope of your API, such as `api://<id>/.default`, in place of one of Graph.',
  ],
  [
    /^account$/,
    'the token names only the account service of Keycloak',
    'Add a mapper "Audience" with this API to a client scope in Keycloak.',
  ],
]

/** `missing-claim`, and `missing-audience` of an introspection response. */
export function missingClaim(token: FailedToken): Cause {
  const { refusal, genuine, claims } = token
  const names = refusal.claimPaths
  const problem = `the ${genuine?.kind === 'opaque' ? 'introspection response' : 'token'} has no ${showClaims(names)}`
  if (names.length === 1 && names[0] === (genuine?.policy.audienceClaim ?? 'aud')) {
    const expected = audiencesOf(token)
      .map((name) => showText(name))
      .join(' or ')
    const other = ['client_id', 'azp', 'cid', 'resource'].find((name) => own(claims, name) !== undefined)
    const hint =
      other === undefined
        ? ''
        : ` It has \`${other}\`: set \`dialect: { audience: '${other}' }\` if that names this API or its clients.`
    return {
      problem,
      expected: `\`${names[0]}\` with ${expected}`,
      fix: `Configure the issuer to name this API, or use the preset of this issuer.${hint} \`missingAudience: 'trust'\` is right only if the issuer issues tokens for no other API.`,
    }
  }
  if (names.includes('iss') && token.settings.issuers.length > 0) {
    return { problem, fix: 'Get the token from the issuer that you trust: its tokens name it in `iss`.' }
  }
  const isProfile = genuine?.policy.profile !== undefined
  return {
    problem,
    fix: isProfile
      ? "`profile: 'rfc9068'` demands these claims. Configure the issuer to write them, or remove `profile`."
      : `Configure the issuer to write ${names.length === 1 ? 'it' : 'them'}: Tollgate demands ${names.length === 1 ? 'it' : 'them'}.`,
  }
}

/** `malformed-claim`. */
export function malformedClaim({ refusal, claims }: FailedToken): Cause {
  const [name = ''] = refusal.claimPaths
  const value = own(claims, name)
  const isTime = ['exp', 'nbf', 'iat', 'auth_time'].includes(name)
  return {
    problem: `${showClaims(refusal.claimPaths)} has the wrong type`,
    expected: isTime ? 'a number of seconds' : undefined,
    received: value === undefined ? undefined : typeOf(value),
    fix: isTime
      ? 'The issuer must write times as numbers of seconds since 1970, and not as texts.'
      : 'The issuer must write the claim as RFC 7519 §4.1 says.',
  }
}

/** `wrong-claims`. */
export function wrongClaims({ refusal }: FailedToken): Cause {
  const names = refusal.claimPaths.filter((path) => path !== '')
  return {
    problem: `the schema of the option \`claims\` does not accept ${names.length === 0 ? 'the claims' : showClaims(names)}`,
    fix: 'Configure the issuer to write these claims, or make them optional in the schema.',
  }
}

/** `sender-constrained`. */
export function senderConstrained({ claims, genuine }: FailedToken): Cause {
  const isDpop = textIn(claims, 'token_type')?.toLowerCase() === 'dpop' || own(genuine?.cnf, 'jkt') !== undefined
  return {
    problem: `the token is bound to a key of its client (${isDpop ? 'DPoP' : '`cnf`'}), and this version cannot verify that`,
    fix: 'Configure the client to request tokens that are not bound.',
  }
}

/** `inactive`. */
export function inactive({ claims }: FailedToken): Cause {
  const isJwt = timeIn(claims, 'exp') !== undefined
  return {
    problem: 'the issuer says that the token is not active: it is expired, revoked or unknown there',
    fix: `Get a new token. If a new one has the same fault, check that the token comes from this issuer, and that the client of \`introspection\` may see the tokens of other clients.${
      isJwt ? ' Some issuers call every JWT inactive.' : ''
    }`,
  }
}
