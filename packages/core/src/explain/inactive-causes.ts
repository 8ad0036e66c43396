import { own, ownText } from '../lib/record.ts'
import type { Cause } from './explanation.ts'
import { type FailedToken, timeIn } from './failed-token.ts'
import { foreignText } from './foreign-text.ts'
import { showDuration, showExpected, showText, showTime } from './show.ts'

const problem = 'the issuer says that the token is not active'

/** `inactive`. The claims of a JWT that is introspected are not verified, but they say what the issuer may mean. */
export function inactive({ claims, findings, now, trusted }: FailedToken): Cause {
  // Tokens of Ory are what is introspected there.
  const foreign = findings.text?.startsWith('ory_') === true ? undefined : foreignText(findings.text ?? '')
  if (foreign !== undefined) {
    return foreign
  }
  const exp = timeIn(claims, 'exp')
  const iss = ownText(claims, 'iss')
  if (exp !== undefined && exp <= now / 1000) {
    return {
      problem: `${problem}: it expired ${showDuration(now / 1000 - exp)} ago`,
      received: `\`exp\` ${showTime(exp)}`,
      fix: 'The client must get a new token, for example with its refresh token.',
    }
  }
  if (iss !== undefined && trusted.length > 0 && !trusted.some(({ url }) => url === iss)) {
    return {
      problem: `${problem}, and the token names another issuer`,
      expected: showExpected(trusted.map(({ url }) => url)),
      received: `\`iss\` ${showText(iss)}`,
      fix: 'Get a token of the issuer that `introspection` belongs to.',
    }
  }
  return {
    problem: `${problem}: it is expired, revoked or unknown there`,
    fix: `Get a new token. If a new one has the same fault, it comes from another issuer, or the client of \`introspection\` may not see it.${
      own(claims, 'iss') === undefined ? '' : ofJwt(iss)
    }`,
  }
}

function ofJwt(iss: string | undefined): string {
  return iss?.includes('/realms/') === true
    ? ' Keycloak calls a token inactive if `introspection` is called at another host or port than that of `iss`: configure one URL there (`KC_HOSTNAME`).'
    : ' Some issuers call every JWT inactive.'
}
