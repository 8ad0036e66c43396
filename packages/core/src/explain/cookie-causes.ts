import type { CredentialSource } from '../request/credential-sources.ts'
import { headerLines } from '../request/header-lines.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { Cause, ProblemAndFix } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showText } from './show.ts'

/** The request lacks the only cookie that the validator reads. `undefined` for a validator that reads more. */
export function missingCookie(
  request: HttpRequest,
  credentials: readonly CredentialSource[],
): ProblemAndFix | undefined {
  const [source, ...others] = credentials
  if (source === undefined || source === 'authorization' || source.in !== 'cookie' || others.length > 0) {
    return undefined
  }
  const { name } = source
  const cookies = headerLines(request.headers, 'cookie').join(';')
  if (cookies === '') {
    return {
      problem: `the request has no cookies, and the token is expected in the cookie \`${name}\``,
      fix: "Call `fetch` with `credentials: 'include'`, and check `Domain`, `Path`, `SameSite` and `Secure` of the cookie: the browser decides by them.",
    }
  }
  const names = cookies.split(';', maxCookies).map((pair) => pair.split('=', 1).join().trim())
  if (names.includes(`${name}.0`)) {
    return {
      problem: `the cookie \`${name}\` is split into several cookies (\`${name}.0\` and so on)`,
      fix: 'Set one cookie with the access token alone: a split cookie has a whole session in it.',
    }
  }
  return {
    problem: `the request has cookies, and none of them is the cookie \`${name}\` with a value`,
    fix: 'Compare the name with the one that is set: upper and lower case and a prefix such as `__Host-` count. Or sign in again: it has expired.',
  }
}

const maxCookies = 100

/** `cross-origin`. */
export function crossOrigin({ request }: FailedToken): Cause {
  const [origin] = request === undefined ? [] : headerLines(request.headers, 'origin')
  return {
    problem:
      'a page of another origin may have sent the request: its token is in a cookie, or `origins` of the route does not list it',
    received: origin === undefined ? 'no `Origin`' : `\`Origin\` ${showText(origin)}`,
    fix: fixFor(origin),
  }
}

function fixFor(origin: string | undefined): string {
  if (origin === undefined) {
    return 'A client that is no browser must send the token in `Authorization`. A browser sends `Origin`, unless a proxy removes it.'
  }
  return origin === 'null'
    ? 'The page has no origin: it is a file, in a sandbox, or after a redirect. Send the request from a page with an origin, or the token in `Authorization`.'
    : "If the page is yours, list its origin in `origins` of the route, or of the cookie: cookie('name', { origins: ['https://…'] })."
}
