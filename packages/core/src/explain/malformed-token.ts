import type { Cause } from './explanation.ts'
import { type FailedToken, introspects } from './failed-token.ts'

/** `malformed-token`: what came is no JWT, and no issuer introspects. */
export function malformedToken(token: FailedToken): Cause {
  const { findings } = token
  const text = findings.text ?? ''
  const placeholder = placeholders.find((word) => word === text.toLowerCase())
  if (placeholder !== undefined) {
    return {
      problem: `the token is the text \`${placeholder}\``,
      fix: 'The client has no token: it builds the header before it has one.',
    }
  }
  const foreign = foreignTokens.find(([pattern]) => pattern.test(text))
  if (foreign !== undefined) {
    return { problem: foreign[1], fix: foreign[2] }
  }
  const count = text.split('.', 7).length
  if (count === 5) {
    return {
      problem: 'the token is encrypted (a JWE with five parts)',
      expected: 'a signed JWT with three parts',
      fix: 'Request a token for this API: some issuers, such as Auth0, encrypt the token when the client names no audience.',
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
  return damaged(text)
}

const placeholders = ['undefined', 'null', 'nan', 'true', 'false', 'token', 'access_token', 'accesstoken', 'your_token']

/** Texts that say what they are. Only the kind is shown. */
const foreignTokens: readonly (readonly [RegExp, problem: string, fix: string])[] = [
  [/\.\.\.$/, 'the token is abbreviated with dots', 'Send the whole token: copy it from where it is not shortened.'],
  [
    /^sb_(publishable|secret)_/,
    'this is an API key of Supabase, and no access token',
    'Send `session.access_token` of a person who is signed in. The API key belongs in the header `apikey`.',
  ],
  [
    /^(ya29\.|gh[opsu]_|github_pat_)/,
    'this is a token for the APIs of Google or GitHub, and for no other',
    'Send the token that your own issuer has issued for this API.',
  ],
  [
    /^ory_at_/,
    'this is an opaque token of Ory, and no issuer has `introspection`',
    'Set `introspection` in hydra(…). Or set `strategies.access_token: jwt` in the configuration of Hydra.',
  ],
  [/^ory_rt_/, 'this is a refresh token of Ory', 'Send the access token: `access_token` of the token response.'],
  [/^v\d\.(public|local)\./, 'this is a PASETO, and no JWT', 'Configure the issuer to write JWTs.'],
]

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
        fix: 'Set `introspection` in trustedIssuer. Or request a JWT: some issuers issue one only if the client names the audience of this API (`audience` or `resource`).',
      }
    : { ...noJwt(count), fix: 'The token is cut off, or not a JWT: compare it with what the issuer returned.' }
}

function damaged(text: string): Cause {
  const [header = '', payload = '', signature = ''] = text.split('.')
  const fix = 'Compare the token with what the issuer returned: a copy has changed it, or it is cut off.'
  const empty = [header, payload, signature].findIndex((part) => part === '')
  if (empty === 2) {
    return {
      problem: 'the token has no signature',
      fix: 'Send a signed token: Tollgate accepts no unsigned one (`alg: none`).',
    }
  }
  if (empty !== -1) {
    return { problem: `the ${['header', 'payload'][empty]} of the token is empty`, fix }
  }
  if (/[+/=]/.test(text)) {
    return {
      problem: 'the token is in base64 and not in base64url',
      fix: 'Encode it without `+`, `/` and `=` (RFC 7515 §2).',
    }
  }
  return { problem: 'the header, the payload or the signature of the token is damaged', fix }
}
