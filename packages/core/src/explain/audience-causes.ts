import { own, ownText } from '../lib/record.ts'
import { differenceOf, differingPart } from './difference.ts'
import type { Cause, ProblemAndFix } from './explanation.ts'
import { audiencesOf, type FailedToken } from './failed-token.ts'
import { foreignKindOf, sendAccessToken } from './kind-of-token.ts'
import { showExpected, showNames, showWithoutQuotes } from './show.ts'
import { isUnsetName } from './unset-name.ts'
import { audiencesOfVendors } from './vendor-audiences.ts'

/** A token chooses the number of its audiences. */
const maxCompared = 20

/** `wrong-audience`. Only the value of `aud` is shown, because another claim can be about a person. */
export function wrongAudience(token: FailedToken): Cause {
  const claim = token.refusal.claimPaths[0] ?? 'aud'
  const aud = claim === 'aud' ? own(token.claims, 'aud') : token.genuine?.audience
  const audiences = token.genuine?.audience ?? [aud].flat().filter((one) => typeof one === 'string')
  const names = audiencesOf(token)
  const received = claim === 'aud' ? `\`aud\` ${showNames(aud)}` : `\`${claim}\``
  if (names.some((name) => audiences.includes(name))) {
    return {
      problem: 'the token is for this API, but not for the audience of this route',
      expected: 'the audience of this route',
      received,
      fix: 'Request a token for the audience that a guard of the route names: audience(…), or organization(…) for an organization.',
    }
  }
  const compared = audiences.slice(0, maxCompared)
  const cause = claim === 'aud' ? audienceCause(token, compared, names) : otherClaimCause(claim, compared, names)
  return { ...cause, expected: showExpected(names), received }
}

function audienceCause(token: FailedToken, audiences: readonly string[], names: readonly string[]): ProblemAndFix {
  for (const audience of audiences) {
    const difference = differenceOf(audience, names)
    if (difference !== undefined) {
      return {
        problem: `\`aud\` differs ${difference.how} from your \`audience\``,
        fix: `Write exactly this: \`audience: '${showWithoutQuotes(audience)}'\`.`,
      }
    }
  }
  const known = audiencesOfVendors.find(({ is }) => audiences.some((audience) => is(audience, names)))
  if (known !== undefined) {
    return known
  }
  const kind = foreignKindOf(token)
  return kind === undefined
    ? otherApi(token, audiences, names)
    : { problem: `this is ${kind.what}: ${kind.why}`, fix: sendAccessToken }
}

function otherApi(token: FailedToken, audiences: readonly string[], names: readonly string[]): ProblemAndFix {
  if (audiences.some((audience) => audience.split(/[ ,;[\]"]+/).some((part) => names.includes(part)))) {
    return {
      problem: '`aud` is one text with several names, and it must be an array of them',
      fix: 'Configure the issuer to write `aud` as an array of texts (RFC 7519 §4.1.3).',
    }
  }
  if (audiences.some((audience) => differingPart(audience, names) === 'path')) {
    return {
      problem: '`aud` is on the host of this API, but has another path: another version, or another API',
      fix: 'The client must request a token for exactly your `audience`. If `aud` is the name of this API, write it as `audience`.',
    }
  }
  if (audiences.some((audience) => isUnsetName(audience))) {
    return {
      problem: '`aud` is no name, but what an unset variable or a template leaves',
      fix: 'Set the name of this API in the configuration of the client, and get a new token.',
    }
  }
  const [only = '', ...others] = audiences
  if (others.length === 0 && ['client_id', 'azp', 'cid'].some((name) => ownText(token.claims, name) === only)) {
    return {
      problem: '`aud` is the id of the client: the token is for the client itself, and for no API',
      fix: 'The client must name this API when it asks for the token: `audience=…` or `resource=…`. If the issuer names clients in `aud`, write the id as `audience`.',
    }
  }
  const isForIssuer = audiences.includes(ownText(token.claims, 'iss') ?? '')
  return {
    problem: isForIssuer ? 'the token is for the issuer itself, and for no API' : 'the token is for another API',
    fix: 'The client must request a token for this API (`audience`, `resource` or a scope of it). If `aud` is the name of this API, write it as `audience`.',
  }
}

/** The audience is in a claim of the dialect. It names the client, or at Clerk the origin of the frontend. */
function otherClaimCause(claim: string, audiences: readonly string[], names: readonly string[]): ProblemAndFix {
  const difference = audiences.map((audience) => differenceOf(audience, names)).find((one) => one !== undefined)
  if (difference !== undefined) {
    return {
      problem: `\`${claim}\` differs ${difference.how} from your \`audience\``,
      fix: `Write \`audience\` exactly as \`${claim}\` of the token.`,
    }
  }
  return claim === 'azp'
    ? {
        problem: 'the token comes from another frontend or client than `audience` names',
        fix: 'With Clerk, `audience` is the list of the origins of your frontends. Add the origin of this one if it is yours.',
      }
    : {
        problem: `\`${claim}\` names another client than your \`audience\``,
        fix: `\`audience\` is compared with \`${claim}\`: write the ids of the clients that may call this API.`,
      }
}

/** The token, or the introspection response, names no audience. */
export function missingAudience(token: FailedToken, claim: string): Cause {
  const what = token.genuine?.kind === 'opaque' ? 'introspection response' : 'token'
  const isEmpty = own(token.claims, claim) !== undefined && own(token.claims, claim) !== null
  return {
    problem: isEmpty ? `\`${claim}\` of the ${what} is empty` : `the ${what} has no \`${claim}\``,
    expected: `\`${claim}\` with ${showExpected(audiencesOf(token))}`,
    fix: fixForMissing(token.claims, claim),
  }
}

function fixForMissing(claims: unknown, claim: string): string {
  const begins = (name: string, start: string): boolean => ownText(claims, name)?.startsWith(start) === true
  if (claim === 'azp' && begins('sid', 'sess_')) {
    return "Sessions of native apps have no `azp`. Add a claim `aud` to the session token in Clerk, and set `dialect: { audience: 'aud' }`."
  }
  if (begins('sid', 'sess_')) {
    return 'This is a session of Clerk: use the preset clerk(…), and write the origins of your frontends as `audience`.'
  }
  if (begins('token_use', 'access') && begins('client_id', '') && begins('iss', 'https://cognito-idp.')) {
    return 'Tokens of Cognito have no `aud`: use the preset cognito(…), and write your app client ids as `audience`.'
  }
  if (/\/realms\/[^/]+$/.test(ownText(claims, 'iss') ?? '')) {
    return 'Add a mapper "Audience" with this API to a client scope in Keycloak, and give that scope to the client.'
  }
  return "Name this API when the client requests the token (`audience` or `resource`), or configure the issuer to write it. `missingAudience: 'trust'` is right only if the issuer issues tokens for no other API."
}
