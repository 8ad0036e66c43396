import { types } from 'node:util'
import { extractCookies } from '../request/cookies.ts'
import { headerLines } from '../request/header-lines.ts'
import type { CredentialSource } from '../request/credential-sources.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { typeOf } from './show.ts'

/** `malformed-credentials`. */
export function malformedCredentials({ request, findings, settings }: FailedToken): Cause {
  if (request === undefined && typeof findings.argument !== 'string') {
    return {
      problem: `validate() got ${types.isPromise(findings.argument) ? 'a promise' : typeOf(findings.argument)}, and no string`,
      fix: 'Pass the token alone, as a string: an `await` is missing, or `.access_token`.',
    }
  }
  const [text, place] =
    request === undefined ? [String(findings.argument), 'string' as const] : presentedBy(request, settings.credentials)
  if (place !== 'authorization' && twice.test(text)) {
    return { problem: `the ${place} has the word \`Bearer\` in front of the token`, fix: fixOfValue }
  }
  if (place === 'web-socket-protocol') {
    return {
      problem: 'the subprotocols of the WebSocket are not exactly `bearer` and the token',
      fix: "Call `new WebSocket(url, ['bearer', token])`. A token with `/` or `=` cannot come this way.",
    }
  }
  const [, problem, fix] = malformations.find(([pattern]) => pattern.test(text)) ?? []
  return {
    problem: problem ?? 'the token has characters that no token can have',
    fix: fix ?? (place === 'authorization' ? fixOfHeader : fixOfValue),
  }
}

const fixOfHeader = 'Send exactly `Bearer`, one space and the token, without quotes, spaces or line breaks.'
const fixOfValue = 'The whole value must be the token: without `Bearer`, quotes, encoding or a signature.'

/** The text in the place of the token, and its source. */
function presentedBy(
  request: HttpRequest,
  credentials: FailedToken['settings']['credentials'],
): readonly [text: string, place: 'authorization' | Exclude<CredentialSource, string>['in']] {
  for (const source of credentials) {
    const name = source === 'authorization' ? source : source.name
    const place = source === 'authorization' ? source : source.in
    const [text] = place === 'cookie' ? extractCookies(request, name) : headerLines(request.headers, name)
    if (text !== undefined && text !== '') {
      return [place === 'authorization' ? text.replace(beginning, '') : text, place]
    }
  }
  return ['', 'authorization']
}

const beginning = new RegExp('^bearer *', 'i')
const twice = new RegExp('^bearer( |$)', 'i')
const fixOfClient = 'Correct the client: it must put the access token there, as a text.'

const malformations: readonly (readonly [RegExp, problem: string, fix?: string])[] = [
  [/^$/, '`Bearer` has no token behind it', 'Check where the client takes the token from: it has none.'],
  [twice, 'the word `Bearer` comes twice'],
  [/^:/, 'a colon follows `Bearer`'],
  [
    /^\[object /,
    'the token is a JavaScript object or a promise',
    `${fixOfClient} An \`await\` is missing, or \`.access_token\`.`,
  ],
  [
    /^Fe26\.2\*/,
    'this is a sealed session of iron-session, such as that of WorkOS AuthKit, and no token',
    'Send the access token that is in the session.',
  ],
  [
    /^(async )?function\b|=>/,
    'the token is the source of a JavaScript function',
    `${fixOfClient} The client must call the function.`,
  ],
  [/^\{"/, 'the token is a JSON document, such as the whole token response', fixOfClient],
  [/^[<{[]|^\$|^%\w$/, 'the token is a placeholder of a template, which nothing has replaced', fixOfClient],
  [/^["'`]/, 'the token is in quotes'],
  [/…|\.\.\./, 'the token is abbreviated with dots', 'Copy the whole token, from where it is not shortened.'],
  [/[^\t-\r -~]/, 'a character that is not ASCII is in the token, such as a typographic quote or an invisible space'],
  [/^\w{1,40}=[^=]/, 'a name and `=` are in front of the token', 'Send the token alone, without a name in front.'],
  [/^[sj](%3A|:)/i, 'the cookie is signed or encoded by its framework', 'Set the cookie to the token alone.'],
  [/^[^%]*%[\dA-F]{2}/i, 'the token is percent-encoded'],
  [/\\[nr]/, 'the token contains a backslash, such as that of a line break'],
  [/\s$/, 'a space or a line break follows the token'],
  [/\s/, 'a space or a line break is inside the token'],
  [/,/, 'a comma is in the token'],
  [/;/, 'a semicolon is in the token'],
]
