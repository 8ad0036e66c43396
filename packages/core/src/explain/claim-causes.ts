import { valueAt } from '../claims/claim-path.ts'
import { own, ownText } from '../lib/record.ts'
import { missingAudience } from './audience-causes.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { claimsOfIdTokens, foreignKindOf, sendAccessToken } from './kind-of-token.ts'
import { showClaims, typeOf } from './show.ts'

/** `wrong-token-type`. */
export function wrongTokenType(token: FailedToken): Cause {
  const by = token.refusal.claimPaths
  const kind = foreignKindOf(token)
  if (kind !== undefined) {
    return { problem: `this is ${kind.what}: ${kind.why}`, received: showBy(token), fix: sendAccessToken }
  }
  if (token.genuine?.policy.profile !== undefined && by.includes('typ')) {
    return {
      problem: "the option `profile: 'rfc9068'` demands `typ: at+jwt` in the header of the token",
      fix: 'Configure the issuer to write RFC 9068 tokens. Only if it cannot, remove `profile`.',
    }
  }
  const ofIdTokens = by.filter((name) => claimsOfIdTokens.includes(name))
  if (ofIdTokens.length > 0) {
    return {
      problem: `this seems to be an ID token: it has ${showClaims(ofIdTokens)}`,
      fix: `${sendAccessToken} If it is the access token, use the preset of this issuer, or set \`dialect: { isAccessToken }\`.`,
    }
  }
  return kindOfClerk(token) ?? unmarked(token)
}

/** Neither a word nor a usual claim says what the token is. */
function unmarked(token: FailedToken): Cause {
  const by = token.refusal.claimPaths
  const isByList = by.length > 0 && by.every((name) => claimsOfKinds.has(name))
  return {
    problem: 'the token does not say that it is an access token',
    received: showBy(token),
    fix: isByList
      ? 'Send the access token. If it is one, the issuer marks its access tokens in another way: set `dialect: { isAccessToken }`, or use the preset of this issuer.'
      : 'Send the access token. The preset of this issuer, or your `isAccessToken`, decides what marks one.',
  }
}

/** The claims by which every token states its kind. Other claims are the mark of a dialect. */
const claimsOfKinds: ReadonlySet<string> = new Set(['typ', 'token_use', 'token_type', 'events', 'token_introspection'])

/** Which claims state another kind, and which are missing. */
function showBy({ refusal, claims, header }: FailedToken): string | undefined {
  const isThere = (name: string): boolean => (valueAt(claims, name.split('.')) ?? own(header, name)) !== undefined
  const inHeader = (names: readonly string[]): string =>
    names.every((name) => valueAt(claims, name.split('.')) === undefined) ? ' in the header' : ''
  const [there, missing] = [true, false].map((one) => refusal.claimPaths.filter((name) => isThere(name) === one))
  const parts = [
    ...(missing?.length ? [`no ${showClaims(missing)}`] : []),
    ...(there?.length ? [`${showClaims(there)}${inHeader(there)} of another kind of token`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** Clerk signs all kinds of tokens with one key. */
function kindOfClerk({ claims, genuine }: FailedToken): Cause | undefined {
  const sub = ownText(claims, 'sub') ?? ''
  if (ownText(claims, 'sid')?.startsWith('sess_') === true && ownText(claims, 'sts') === 'pending') {
    return {
      problem: 'the session is not complete: its `sts` says that tasks are open',
      fix: 'The person must finish the sign-in, for example choose an organization.',
    }
  }
  if (sub.startsWith('mch_')) {
    return {
      problem: 'this is a token of a machine (M2M) of Clerk, and no session',
      fix: "Send the token of a session. Only for an API of machines, write clerk(…, { tokens: 'machines' }).",
    }
  }
  return sub.startsWith('user_') && genuine?.policy.audienceClaim === 'azp' && own(claims, 'sid') === undefined
    ? {
        problem: 'this is no session token of Clerk: it has no `sid`',
        fix: 'Send the result of `getToken()` without a template.',
      }
    : undefined
}

/** `missing-claim`, and `missing-audience` of an introspection response. */
export function missingClaim(token: FailedToken): Cause {
  const { refusal, genuine, settings } = token
  const names = refusal.claimPaths
  const [name = ''] = names
  if (names.length === 1 && name === (genuine?.policy.audienceClaim ?? 'aud')) {
    return missingAudience(token, name)
  }
  const problem = `the ${genuine?.kind === 'opaque' ? 'introspection response' : 'token'} has no ${showClaims(names)}`
  const kind = foreignKindOf(token)
  if (kind !== undefined) {
    return { problem: `this is ${kind.what}: ${kind.why}`, received: `no ${showClaims(names)}`, fix: sendAccessToken }
  }
  if (names.includes('iss') && ownText(token.header, 'alg')?.startsWith('HS') === true) {
    return {
      problem,
      fix: 'Write it where you sign the token: with jsonwebtoken, `jwt.sign(claims, secret, { issuer, audience, expiresIn })`. `issuer` must be exactly the name that you trust.',
    }
  }
  if (names.includes('iss') && settings.issuers.length > 0) {
    return { problem, fix: 'Get the token from the issuer that you trust: its tokens name it in `iss`.' }
  }
  const isProfile = genuine?.policy.profile !== undefined
  const them = names.length === 1 ? 'it' : 'them'
  return {
    problem,
    fix: isProfile
      ? "`profile: 'rfc9068'` demands these claims. Configure the issuer to write them. Only if it cannot, remove `profile`."
      : `Configure the issuer to write ${them}: Tollgate demands ${them}.`,
  }
}

/** `malformed-claim`. */
export function malformedClaim({ refusal, claims }: FailedToken): Cause {
  const [name = ''] = refusal.claimPaths
  const value = own(claims, name)
  const isTime = ['exp', 'nbf', 'iat', 'auth_time'].includes(name)
  return {
    problem: `${showClaims(refusal.claimPaths)} ${refusal.claimPaths.length > 1 ? 'have' : 'has'} the wrong type`,
    expected: isTime ? 'a number of seconds' : name === 'aud' ? 'a text, or an array of texts' : expectedText(name),
    received: value === undefined ? undefined : typeOf(value),
    fix: isTime
      ? 'The issuer must write times as numbers of seconds since 1970, and not as texts.'
      : 'The issuer must write the claim as RFC 7519 §4.1 says.',
  }
}

function expectedText(name: string): string | undefined {
  return ['iss', 'sub', 'jti', 'client_id', 'scope'].includes(name) ? 'a text' : undefined
}

/** `wrong-claims`. */
export function wrongClaims({ refusal }: FailedToken): Cause {
  const names = refusal.claimPaths.filter((path) => path !== '')
  return {
    problem: `the schema of the option \`claims\` does not accept ${names.length === 0 ? 'the claims' : showClaims(names)}`,
    fix: 'Compare the schema with the claims that the issuer writes, and correct the one that is wrong.',
  }
}

/** `revoked`. */
export function revoked({ refusal }: FailedToken): Cause {
  const by = refusal.claimPaths.length === 0 ? 'it' : `all tokens with its ${showClaims(refusal.claimPaths)}`
  return {
    problem: `your application, or another process with the same log, revoked ${by}`,
    fix: 'The client must get a new token. A token of the same second as the revocation, or without `iat`, counts as older.',
  }
}
