import { damagedJwt } from './damaged-jwt.ts'
import type { Cause } from './explanation.ts'
import { type FailedToken, introspects } from './failed-token.ts'
import { foreignText } from './foreign-text.ts'

/** `malformed-token`: what came is no JWT, and no issuer introspects. */
export function malformedToken(token: FailedToken): Cause {
  const { findings } = token
  const text = findings.text ?? ''
  const foreign = foreignText(text)
  if (foreign !== undefined) {
    return foreign
  }
  const count = text.split('.', 7).length
  if (count === 5) {
    return {
      problem: 'the token is encrypted (a JWE with five parts)',
      expected: 'a signed JWT with three parts',
      fix: 'Request a token for this API: some issuers, such as Auth0, encrypt the token when the client names no audience. The session cookie of Auth.js is encrypted too: send the access token that is in it.',
    }
  }
  if (count !== 3 && typeof token.settings.issuers === 'function') {
    return {
      ...noJwt(count),
      fix: 'An `issuer` function accepts JWTs only: request a JWT, or list the issuer of opaque tokens in `issuer`.',
    }
  }
  if (count !== 3) {
    return introspects(token)
      ? { ...noJwt(count), fix: 'Send the access token as the issuer returned it.' }
      : opaque(count, text)
  }
  return damagedJwt(text)
}

function noJwt(count: number): Omit<Cause, 'fix'> {
  return {
    problem: 'the token is no JWT',
    expected: 'three parts with dots between them',
    received: count === 1 ? 'one part' : `${count > 6 ? 'more than six' : count} parts`,
  }
}

function opaque(count: number, text: string): Cause {
  if (count === 1 && text.startsWith('eyJ')) {
    return { ...noJwt(count), problem: 'this is one part of a JWT only', fix: 'Send all three parts, with the dots.' }
  }
  return count === 1
    ? {
        ...noJwt(count),
        problem: 'the token is opaque, and no issuer has `introspection`',
        fix: 'Send the access token as the issuer returned it. If that is opaque, request a JWT: some issuers issue one only if the client names the audience of this API (`audience` or `resource`). Or set `introspection` in trustedIssuer.',
      }
    : { ...noJwt(count), fix: 'The token is cut off, or not a JWT: compare it with what the issuer returned.' }
}
