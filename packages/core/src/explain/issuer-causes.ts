import { isOfPreset } from '../issuers/presets/preset.ts'
import type { TrustedIssuer } from '../issuers/trusted-issuer.ts'
import { own, ownText } from '../lib/record.ts'
import { differenceOf, differingPart } from './difference.ts'
import type { Cause, ProblemAndFix } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showExpected, showText, showWithoutQuotes } from './show.ts'
import { isUnsetName } from './unset-name.ts'
import { vendorIssuer } from './vendor-issuers.ts'

/** `untrusted-issuer`. A stranger can write any `iss`: only a name on the same host is proposed as `issuer`. */
export function untrustedIssuer(token: FailedToken): Cause {
  const { settings, trusted, claims } = token
  const iss = ownText(claims, 'iss')
  const names = trusted.map(({ url }) => url)
  if (iss === undefined || names.includes(iss)) {
    return byResponse
  }
  const received = `\`iss\` ${showText(iss)}`
  if (typeof settings.issuers === 'function') {
    return {
      problem: 'the `issuer` function returned no trustedIssuer with the `iss` of the token',
      received,
      fix: 'If the issuer is yours, return a trustedIssuer with exactly this name: a trailing slash counts.',
    }
  }
  return { ...issuerCause(iss, trusted.slice(0, maxCompared), claims), expected: showExpected(names), received }
}

/** An application can trust thousands of issuers, and a stranger can send any number of tokens. */
const maxCompared = 100

const byResponse: Cause = {
  problem: 'the introspection response names another issuer than the one that was called',
  fix: 'Check that `introspection` belongs to this issuer, and that `issuer` is exactly the `iss` of its responses: a trailing slash counts.',
}

function issuerCause(iss: string, trusted: readonly TrustedIssuer[], claims: unknown): ProblemAndFix {
  const names = trusted.map(({ url }) => url)
  const difference = differenceOf(iss, names)
  if (difference !== undefined) {
    const isInsecure = /^http:/i.test(iss) && /^https:/i.test(difference.expected)
    return {
      problem: `\`iss\` differs ${difference.how} from the issuer that you trust`,
      fix: isInsecure
        ? `Configure the public \`https:\` URL at the issuer.${publicUrlOf(iss)}`
        : `If the token is right, ${correction(iss, trusted, difference.expected)}.`,
    }
  }
  const known = vendorIssuer(iss, names, claims)
  if (known !== undefined) {
    return known
  }
  if (isUnsetName(iss)) {
    return {
      problem: '`iss` is no name, but what an unset variable or a template leaves',
      fix: 'Set the name of the issuer in the configuration of the server that makes the token.',
    }
  }
  if (ownText(claims, 'sub') === iss && [own(claims, 'aud')].flat().some((aud) => isEndpointOf(aud, names))) {
    return {
      problem: 'this is an assertion by which a client authenticates to the issuer (RFC 7523), and no access token',
      fix: 'Send the access token that the issuer returns for it.',
    }
  }
  const part = differingPart(iss, names)
  if (part === 'path') {
    return {
      problem: '`iss` is on the host that you trust, but has another path: another realm, tenant or version',
      fix: `Get a token of the right one. Or, if \`issuer\` is wrong, ${correction(iss, trusted)}.`,
    }
  }
  if (names.some((name) => isLocal(name) && isLocal(iss))) {
    return {
      problem:
        '`iss` is on this machine or in its containers, but has another host or port than the issuer that you trust',
      fix: `The issuer writes into \`iss\` how the client called it: configure one URL at the issuer, and write it as \`issuer\`.${publicUrlOf(iss)} If this process must call another URL, set \`metadata\` or \`keys\` to it.`,
    }
  }
  if (part === 'host') {
    return {
      problem: '`iss` has another host than the issuer that you trust',
      fix: `If both hosts are yours, configure one public URL at the issuer, and write it as \`issuer\`.${publicUrlOf(iss)} Otherwise get a token of the right environment.`,
    }
  }
  return {
    problem: 'the token comes from an issuer that you do not trust',
    fix: 'Get a token of the right environment. If `iss` is a name of your own issuer, such as its custom domain, write it as `issuer`.',
  }
}

/** A preset makes the name of the issuer out of its argument. `expected` is the name to replace, if it is known. */
function correction(iss: string, trusted: readonly TrustedIssuer[], expected?: string): string {
  const isPreset = trusted.some((one) => isOfPreset(one) && (expected === undefined || one.url === expected))
  return isPreset
    ? `correct the argument of the preset, so that its issuer is exactly ${showText(iss)}`
    : `write exactly this: \`issuer: '${showWithoutQuotes(iss)}'\``
}

/** A client assertion is for the issuer or for its token endpoint. */
function isEndpointOf(aud: unknown, names: readonly string[]): boolean {
  return typeof aud === 'string' && names.some((name) => aud.startsWith(name))
}

/** A host of development: loopback, a container, or a name without a dot. */
function isLocal(name: string): boolean {
  const host = URL.parse(name)?.hostname ?? '.'
  return /^(127\.[\d.]+|\[::1\]|host\.docker\.internal|(.*\.)?localhost|[\w-]+)$/.test(host)
}

function publicUrlOf(iss: string): string {
  return iss.includes('/realms/') ? ' Keycloak has `KC_HOSTNAME` for it.' : ''
}

/** `unknown-prefix`. */
export function unknownPrefix({ claims, trusted }: FailedToken): Cause {
  const iss = own(claims, 'iss')
  return {
    problem:
      iss === undefined
        ? 'the opaque token begins with no configured `prefix`'
        : 'no trusted issuer has this `iss`, and the token begins with no configured `prefix`',
    expected: trusted.length === 0 ? undefined : `a token of ${showExpected(trusted.map(({ url }) => url))}`,
    fix:
      trusted.length === 1
        ? 'Correct or remove `introspection: { prefix }`, or get a token of this issuer.'
        : 'Check `introspection: { prefix }` of the issuers: opaque tokens of each must begin with it.',
  }
}
