import type { Received, Sent } from './send.ts'

/**
 * `'open'`: code of the app ran without a token. `'trusting'`: the protection trusts every issuer. `'neutral'`: no handler
 * of the app ran, and no token was needed.
 */
export type Verdict =
  | { readonly kind: 'refused' }
  | { readonly kind: 'trusting' }
  | { readonly kind: 'neutral' }
  | { readonly kind: 'open'; readonly because: string }

/** A CORS preflight, which carries no credentials. */
export const preflight: Readonly<Record<string, string>> = {
  origin: 'https://client.example',
  'access-control-request-method': 'GET',
}

const refused: Verdict = { kind: 'refused' }
const neutral: Verdict = { kind: 'neutral' }

/**
 * A route is protected when it refuses the request because of its missing credentials: 401 with a challenge (RFC 6750
 * §3). Every other response came from code that ran without a token. 400 and 403 came from code in front of the
 * protection. 404 came from a handler that found no entity.
 */
export function verdictOf(sent: Sent, received: Received | undefined): Verdict {
  if (received === undefined) {
    return { kind: 'open', because: 'does not respond within 5 s, or ends the connection' }
  }
  const { status, headers } = received
  if (status === 401 && hasChallenge(headers)) {
    return refused
  }
  if (sent.method === 'OPTIONS' && (isFromCors(received) || isForeignOrigin(sent, received))) {
    return neutral
  }
  const missing = status === 401 ? ' without a Bearer challenge' : ''
  const kind = sent.headers['access-control-request-method'] === undefined ? '' : ' to a preflight'
  return { kind: 'open', because: `responds${kind} with ${status}${missing}` }
}

/**
 * A path without a route. Other responses than these come from a handler: a GraphQL server responds with 400 to a request
 * without a query.
 */
export function verdictOfRest(sent: Sent, received: Received | undefined): Verdict {
  return received !== undefined && withoutRoute.has(received.status) ? neutral : verdictOf(sent, received)
}

/** The statuses of frameworks for such a path, and of layers in front, such as a limit of requests. */
const withoutRoute = new Set([403, 404, 405, 410, 429, 501, 503])

/**
 * Whether the app responded as it does on a path without a route. Then every handler called `next`. NestJS adds such a
 * route to its global prefix, with the words of Express.
 */
export function isFallThrough(
  { method, path }: Sent,
  received: Received | undefined,
  rest: string,
  other: Received | undefined,
): boolean {
  const isSame = received?.status === other?.status && received?.body === other?.body.replaceAll(rest, () => path)
  return isSame || (received?.status === 404 && received.body.includes(`Cannot ${method} ${path}`))
}

const challenge = new RegExp(String.raw`(^|,)\s*(Bearer|DPoP)(\s|,|$)`, 'i')

function hasChallenge(headers: Received['headers']): boolean {
  const lines = [headers['www-authenticate']].flat().map(String)
  return lines.some((line) => challenge.test(line))
}

/** An MCP route refuses a page of another origin first, with the challenge of a refusal. */
function isForeignOrigin(sent: Sent, { status, headers }: Received): boolean {
  return status === 403 && sent.headers['origin'] !== undefined && hasChallenge(headers)
}

/** A CORS layer responds without a body. The one of Fastify refuses an `OPTIONS` that is no preflight with 400. */
function isFromCors({ status, headers, body }: Received): boolean {
  const allows = 'access-control-allow-methods' in headers || 'access-control-allow-origin' in headers
  return (allows && status < 300 && body === '') || (status === 400 && body === 'Invalid Preflight Request')
}
