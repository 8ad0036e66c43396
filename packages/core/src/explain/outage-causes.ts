import { own } from '../lib/record.ts'
import { type Unavailable, UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'
import type { Cause } from './explanation.ts'
import { showText } from './show.ts'

/** Why a token could not be validated. A back-off is explained by the failure before it. */
export function outageCause(error: Unavailable): Cause & { readonly reason: UpstreamReason } {
  const { reason, message, cause, received } = firstFailure(error)
  const code = codeOf(cause)
  const known = code === undefined ? undefined : fixByCode.find(([pattern]) => pattern.test(code))?.[1]
  return {
    reason,
    problem: lowerFirst(withoutAdvice(message)),
    expected: received === undefined ? undefined : `\`issuer\` ${showText(error.issuer)}`,
    received: received === undefined ? undefined : `\`issuer\` ${showText(received)}`,
    fix:
      (reason === 'network' ? known : undefined) ??
      (reason === 'issuer-mismatch' ? undefined : adviceIn(message)) ??
      fixes[reason],
  }
}

interface Failure {
  readonly reason: UpstreamReason
  readonly message: string
  readonly cause?: unknown
  readonly received?: string | undefined
}

function firstFailure(failure: Failure): Failure {
  const isEcho = failure.reason === 'backing-off' || failure.reason === 'overloaded'
  return isEcho && failure.cause instanceof UpstreamError ? firstFailure(failure.cause) : failure
}

/** The code of Node. undici can wrap the error, and a connection to several addresses has several. */
function codeOf(cause: unknown): string | undefined {
  const code = own(cause, 'code') ?? own(own(cause, 'cause'), 'code')
  return typeof code === 'string' ? code : undefined
}

const fixByCode: readonly (readonly [RegExp, string])[] = [
  [
    /^ENOTFOUND$|^EAI_AGAIN$/,
    'The name of the host is unknown here: check its spelling, and the DNS of this machine or container.',
  ],
  [
    /^ECONNREFUSED$/,
    'Nothing listens there: start the issuer, or check the port. In a container, `localhost` is the container itself.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_(UNTRUSTED|SIGNATURE)/,
    'This process does not trust the certificate: set NODE_EXTRA_CA_CERTS to the file of its CA, or give a `dispatcher` with that CA.',
  ],
  [/CERT_HAS_EXPIRED/, 'The certificate of the server has expired: renew it.'],
  [/CERT_ALTNAME/, 'The certificate is for another host name: use the name in the certificate, or renew it.'],
  [/^EPROTO$|WRONG_VERSION|SSL/, 'The server does not speak TLS at this port: check `https:` and the port.'],
  [
    /TIMEDOUT|TIMEOUT|UNREACH/,
    'No packet comes back: check firewalls, proxies and routes. Behind a proxy, give a `dispatcher`.',
  ],
]

const fixes: Readonly<Record<UpstreamReason, string>> = {
  network: 'Check that the issuer is up, and that this machine can connect to it.',
  timeout: 'Check the issuer, firewalls and proxies. `timeouts` of the issuer can give it more time.',
  'upstream-error': 'The issuer is overloaded or broken. Tollgate tries again by itself.',
  'backing-off': 'The last calls failed. Tollgate tries again by itself.',
  overloaded: 'Too many calls wait for the issuer. Tollgate recovers by itself when it responds faster.',
  closing: 'Close the server before the validator, so that no request comes after it.',
  'not-found': 'Check the URL of the issuer. If its metadata is elsewhere, set `metadata` or `keys`.',
  'unexpected-status': 'Open the URL with curl from this machine: a proxy, a firewall or a login page may answer.',
  truncated: 'The connection ended early. Check proxies in between.',
  'not-http': 'Something else than an HTTP server listens there. Check the port.',
  'content-encoding': 'Configure the server to send the document as it is, or with gzip.',
  'not-json': 'Open the URL with curl from this machine: a login page or a proxy may answer in place of the issuer.',
  'too-large': 'Configure the issuer to publish a smaller document.',
  'malformed-document': 'Check that the URL is that of the right document.',
  'issuer-mismatch':
    'Write `issuer` exactly as the metadata and `iss` of the tokens do. If the metadata names a host that clients do not use, configure the public URL at the issuer.',
  'insecure-endpoint': 'Configure the issuer to name its endpoints on `https:`.',
  'no-usable-key': 'Configure the issuer to publish its signing keys, or set `keys`.',
  'unverifiable-response': 'Check `introspection: { response }`, and how the issuer signs its responses.',
  'credentials-refused':
    'Check the client id, the secret and the method of `introspection: { client }` against the issuer: clientSecretBasic and clientSecretPost are not the same.',
}

/** The errors of discovery end with a sentence of advice. */
const advice = /\. ((?:If the metadata is elsewhere|Correct `metadata`|Configure the name).*)$/s

function adviceIn(message: string): string | undefined {
  const found = advice.exec(message)?.[1]
  return found === undefined ? undefined : `${found}.`
}

function withoutAdvice(message: string): string {
  return message.replace(advice, '')
}

/** Not for a URL. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
