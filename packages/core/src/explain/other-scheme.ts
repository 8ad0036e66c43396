import type { Cause } from './explanation.ts'

/** The fix for a token in another place, or in another form. */
export const sendBearer = 'Send the header `Authorization: Bearer <access token>`.'

/** The fix where a token must come with a proof. */
export const sendDpop = 'Send `Authorization: DPoP <access token>` and the header `DPoP` with a proof.'

/** A line `Authorization` that is not `Bearer` and a token. */
export function otherScheme(line: string): Cause {
  const scheme = /^[\w.-]{1,20}(?=[ :]|$)/.exec(line)?.[0] ?? ''
  if (/^e[yw][\w-]*\./.test(line)) {
    return { problem: '`Authorization` has a token without the scheme in front', fix: sendBearer }
  }
  if (new RegExp('^bearer:', 'i').test(line)) {
    return { problem: 'a colon follows `Bearer`', fix: sendBearer }
  }
  if (/^bearere[yw]/i.test(line)) {
    return { problem: 'no space follows `Bearer`', fix: sendBearer }
  }
  if (new RegExp('^bearer(%20|[+_-])', 'i').test(line)) {
    return { problem: 'something else than a space follows `Bearer`', fix: sendBearer }
  }
  if (/^authorization\s*[:=]/i.test(line)) {
    return { problem: 'the name `Authorization` is in the value of the header too', fix: sendBearer }
  }
  if (/^(undefined|null|nan|true|false|\[object \w+\])$/i.test(line)) {
    return {
      problem:
        'the whole value of `Authorization` is a JavaScript value, such as `undefined`, and no text with a token',
      fix: `${sendBearer} The client builds the header before it has a token, or out of an object.`,
    }
  }
  if (/^["']/.test(line)) {
    return { problem: 'the whole value of `Authorization` is in quotes', fix: sendBearer }
  }
  if (/^dpop$/i.test(scheme)) {
    return {
      problem: 'the token comes under the scheme DPoP, and the option `dpop` is off',
      fix: "Set `dpop: { mode: 'accepted' }`, or configure the client to request tokens without DPoP.",
    }
  }
  const known = schemes.find((one) => one.toLowerCase() === scheme.toLowerCase())
  return {
    problem: `\`Authorization\` has ${known === undefined ? 'another scheme than Bearer' : `the scheme ${known}`}`,
    expected: 'Bearer',
    received: known,
    fix: sendBearer,
  }
}

const schemes = ['Basic', 'Digest', 'JWT', 'Token', 'Negotiate', 'ApiKey', 'AWS4-HMAC-SHA256', 'OAuth', 'GNAP', 'Key']
