import type { UpstreamReason } from '@tollgate/core'
import type { ReasonText } from './reason.ts'

/** The reasons of an `Unavailable`. The type demands every reason. */
export const upstreamTexts: Readonly<Record<UpstreamReason, ReasonText>> = {
  network: {
    happened: 'there is no connection, or the connection ended without a response',
    cause:
      'The issuer is down. Or this server has no route to it, or does not trust its certificate. `cause` has the error of Node.',
    fix: 'Request the URL with `curl` from the same host. For a proxy or a private CA, pass a [`dispatcher`](outages.md#outbound-calls).',
  },
  timeout: {
    happened: 'there is no complete response within the deadline',
    cause: 'The issuer is slow, or a firewall drops packets.',
    fix: 'Wait, because clients repeat after `Retry-After`. If the issuer is always slow, raise [`timeouts`](keys.md#deadlines) or `introspection: { timeout }`.',
  },
  'upstream-error': {
    happened: 'the issuer responded with a status of 5xx, or 429',
    cause: 'The issuer is overloaded, or limits the rate of calls.',
    fix: 'Wait. With 429, raise `cacheFor` of [introspection](opaque-tokens.md#options-of-introspection), or the limit at the issuer.',
  },
  'backing-off': {
    happened: 'the last calls failed a moment ago, so Tollgate made no new call; `cause` is the last error',
    cause: 'The issuer is down.',
    fix: 'Look at `cause`. Tollgate calls again after [1 to 30 seconds](outages.md#the-life-of-a-key-set).',
  },
  overloaded: {
    happened: 'too many calls to this server are running',
    cause: 'The issuer is slow, while many clients send new tokens. Or someone sends made-up tokens.',
    fix: 'Limit the rate of requests in front of the API. See [the limits](opaque-tokens.md#when-the-server-is-slow-down-or-wrong).',
  },
  closing: {
    happened: 'the validator closed during the call',
    cause: 'The process called `close()` while requests were running.',
    fix: 'Close the validator [after the server](outages.md#shutdown).',
  },
  'revocations-silent': {
    happened: "there is no contact to the log of `revocations`, and it has `whenSilent: 'refuse'`",
    cause: 'Redis is down. Or the process has just started, and has not read the log yet.',
    fix: "Wait for [`ready()`](fleet.md#what-happens-when-a-process-starts) before the process gets requests. Choose [`whenSilent: 'serve'`](fleet.md#what-happens-when-the-log-is-gone) if old tokens must work during an outage of Redis.",
  },
  'replay-store': {
    happened: 'the store of used DPoP proofs failed, is full, or did not respond within a second',
    cause: 'Redis is down. Or more proofs came in a minute than the store in memory can contain.',
    fix: 'Check [Redis](sender-constraint.md#replay). No proof is accepted while the store cannot say whether the proof is new.',
  },
  'not-found': {
    happened: 'there is no metadata document, or a status of 404',
    cause: '`issuer` is not exactly the name of the issuer. Or the issuer publishes its metadata elsewhere.',
    fix: 'Set [`metadata` or `keys`](keys.md#metadata-elsewhere) of `trustedIssuer`.',
  },
  'unexpected-status': {
    happened: 'the response has another status than 200',
    cause: 'The URL redirects, and Tollgate follows no redirects. Or a firewall refuses the call.',
    fix: 'Configure the URL to which the redirect leads. The message names the status.',
  },
  truncated: {
    happened: 'the body of the response ended early',
    cause: 'A proxy or the issuer closed the connection.',
    fix: 'Look at the log of the proxy.',
  },
  'not-http': {
    happened: 'the response is not HTTP',
    cause: 'The URL names the port of another service.',
    fix: 'Correct the URL.',
  },
  'content-encoding': {
    happened: 'the response is compressed in another way than gzip, deflate, br or zstd, or is damaged',
    cause: 'A proxy compresses the response again.',
    fix: 'Configure the proxy to leave the response as it is.',
  },
  'not-json': {
    happened: 'the response is not JSON',
    cause: 'The URL leads to a web page, such as a login page or the page of a firewall.',
    fix: 'Open the URL in a browser, and correct it.',
  },
  'too-large': {
    happened: 'the response is larger than its limit: 512 KiB, or 64 KiB for introspection',
    cause: 'The URL leads to another document.',
    fix: 'Open the URL in a browser, and correct it.',
  },
  'malformed-document': {
    happened:
      'the response is JSON, but not a valid document of its kind; or it has a repeated name, or more than 100 levels',
    cause: 'The URL leads to another document. Or a member that the standard requires is absent. The message names it.',
    fix: 'Correct the URL, or report the fault to the issuer.',
  },
  'issuer-mismatch': {
    happened: 'the metadata names another issuer',
    cause: 'The names differ by a trailing slash.',
    fix: 'Write `issuer` exactly as the metadata does. If the metadata is wrong, see [`metadata`](keys.md#metadata-elsewhere).',
  },
  'insecure-endpoint': {
    happened:
      "the metadata names an endpoint that is not a plain `https:` URL, or an address is not public while `network` is `'public'`",
    cause: 'The issuer runs behind a proxy, and writes its inner `http:` URL into the metadata.',
    fix: 'Configure the outer URL at the issuer, or give the [`keys`](keys.md#an-issuer-in-a-container). See [`network`](outages.md#outbound-calls) for private addresses.',
  },
  'no-usable-key': {
    happened: 'the key set contains no usable key; the message names its keys and their faults',
    cause: 'The set is empty, or its keys are for encryption or have another algorithm.',
    fix: 'Publish a key for signatures. See [keys that are not used](keys.md#keys-that-are-not-used).',
  },
  'unverifiable-response': {
    happened: 'the signed introspection response is not as configured',
    cause: 'The issuer signs with another algorithm than `RS256`, or encrypts the response.',
    fix: 'Set `algorithms` or `decryptionKeys` of [`response`](opaque-tokens.md#options-of-introspection).',
  },
  'credentials-refused': {
    happened: 'the introspection endpoint refuses our client credentials: 401, or `invalid_client` with 400 or 403',
    cause: 'The secret is wrong or has expired. Or the client may not introspect.',
    fix: 'Check the id, the secret and the method of [client authentication](opaque-tokens.md#client-authentication).',
  },
}
