import { own } from '../lib/record.ts'
import { differenceOf, partialDifference } from './difference.ts'
import type { Cause } from './explanation.ts'
import { type FailedToken, textIn } from './failed-token.ts'
import { showText } from './show.ts'

/** `untrusted-issuer`. */
export function untrustedIssuer(token: FailedToken): Cause {
  const { settings, trusted, claims } = token
  const iss = textIn(claims, 'iss') ?? ''
  const names = trusted.map(({ url }) => url)
  const received = `\`iss\` ${showText(iss)}`
  if (typeof settings.issuers === 'function') {
    return {
      problem: 'the `issuer` function does not know the issuer of the token',
      received,
      fix: 'Return a trustedIssuer with exactly this name, if it is yours.',
    }
  }
  const expected = names.map((name) => showText(name)).join(' or ')
  const trust = `If the token is right, write exactly this: \`issuer: '${showText(iss).slice(1, -1)}'\`.`
  const known = byVendor(iss, names)
  if (known !== undefined) {
    return { ...known, expected, received }
  }
  const difference = differenceOf(iss, names)
  if (difference !== undefined) {
    return {
      problem: `\`iss\` differs ${difference.how} from the issuer that you trust`,
      expected,
      received,
      fix: trust,
    }
  }
  const partial = partialDifference(iss, names)
  if (partial?.part === 'path') {
    return {
      problem: '`iss` is on the host that you trust, but has another path: another realm, tenant or version',
      expected,
      received,
      fix: trust,
    }
  }
  if (partial?.part === 'host') {
    return {
      problem: '`iss` has another host than the issuer that you trust',
      expected,
      received,
      fix: `The issuer uses the host under which the client called it. Configure its public URL there. ${trust}`,
    }
  }
  return {
    problem: 'the token comes from an issuer that you do not trust',
    expected,
    received,
    fix: 'Get a token of the right environment, or add the issuer to `issuer` if you trust it.',
  }
}

/** Microsoft Entra has two versions of tokens, with two names of the issuer. */
function byVendor(iss: string, names: readonly string[]): Pick<Cause, 'problem' | 'fix'> | undefined {
  const isVersion1 = iss.startsWith('https://sts.windows.net/')
  const isEntra = names.some((name) => name.startsWith('https://login.microsoftonline.com/'))
  return isVersion1 && isEntra
    ? {
        problem: 'this is a token of version 1.0 of Microsoft Entra, and you trust the issuer of version 2.0',
        fix: 'Set `requestedAccessTokenVersion` to 2 in the manifest of the API, or use the preset entra(…).',
      }
    : undefined
}

/** `unknown-prefix`. */
export function unknownPrefix({ claims, trusted }: FailedToken): Cause {
  const iss = own(claims, 'iss')
  return {
    problem:
      iss === undefined
        ? 'the opaque token begins with no configured `prefix`'
        : 'no trusted issuer has this `iss`, and the token begins with no configured `prefix`',
    expected: trusted.length === 0 ? undefined : `a token of ${trusted.map(({ url }) => showText(url)).join(' or ')}`,
    fix: "Check `introspection: { prefix }` of the issuers, or set `opaqueRouting: 'in-order'`.",
  }
}
