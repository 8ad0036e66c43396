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
  if (sent.method === 'OPTIONS' && isFromCors(received)) {
    return neutral
  }
  const missing = status === 401 ? ' without a Bearer challenge' : ''
  const kind = sent.headers['access-control-request-method'] === undefined ? '' : ' to a preflight'
  return { kind: 'open', because: `responds${kind} with ${status}${missing}` }
}

/** A path without a route: 404 and 405 are the framework's. A response below 400 comes from a handler. */
export function verdictOfRest(sent: Sent, received: Received | undefined): Verdict {
  return received !== undefined && received.status >= 400 && received.status !== 401
    ? neutral
    : verdictOf(sent, received)
}

/** Whether the app responded as it does on a path without a route. Then every handler called `next`. */
export function isFallThrough(
  path: string,
  received: Received | undefined,
  rest: string,
  other: Received | undefined,
): boolean {
  return received?.status === other?.status && received?.body === other?.body.replaceAll(rest, () => path)
}

const challenge = new RegExp(String.raw`(^|,)\s*(Bearer|DPoP)(\s|,|$)`, 'i')

function hasChallenge(headers: Received['headers']): boolean {
  const lines = [headers['www-authenticate']].flat().map(String)
  return lines.some((line) => challenge.test(line))
}

/** A CORS layer responds without a body. The one of Fastify refuses an `OPTIONS` that is no preflight with 400. */
function isFromCors({ status, headers, body }: Received): boolean {
  const allows = 'access-control-allow-methods' in headers || 'access-control-allow-origin' in headers
  return allows && ((status < 300 && body === '') || status === 400)
}
