import type { UpstreamReason } from '../responses/unavailable.ts'

/** By the code of Node. No fix turns a check of TLS off. */
export const fixByCode: readonly (readonly [RegExp, string])[] = [
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
  [/CERT_NOT_YET_VALID/, 'The certificate is not valid yet: check the clock of this machine.'],
  [/CERT_ALTNAME/, 'The certificate is for another host name: use the name in the certificate, or renew it.'],
  [/^EPROTO$|WRONG_VERSION|SSL/, 'The server does not speak TLS at this port: check `https:` and the port.'],
  [
    /TIMEDOUT|TIMEOUT|UNREACH/,
    'No packet comes back: check firewalls, proxies and routes. Behind a proxy, give a `dispatcher`.',
  ],
  [
    /^ECONNRESET$|^EPIPE$|^UND_ERR_SOCKET$/,
    'The server closed the connection: check the port, `https:`, firewalls and proxies in between.',
  ],
]

/** By the status of a response to a request for metadata or keys. */
export const fixByStatus: readonly (readonly [RegExp, string])[] = [
  [
    /^3/,
    'Redirects are not followed: write the final URL. If it is a login page, let the path of the document past the login.',
  ],
  [
    /^40[13]$/,
    'A firewall, a proxy or a login refuses this machine: allow it to read the document without credentials.',
  ],
  [/^407$/, 'A proxy in between demands credentials: give a `dispatcher` with them, such as ProxyAgent of undici.'],
  [/^404$/, 'Check the URL: the metadata, or the option `keys`, names a document that does not exist.'],
  [/^429$/, 'The issuer limits the number of calls. Tollgate tries again by itself.'],
]

/** For a call to the introspection endpoint: by its status, or by the reason. */
export const fixOfIntrospection: ReadonlyMap<string, string> = new Map([
  ['3xx', 'This is no endpoint for machines: check `introspection: { endpoint }`. A login in front must let it pass.'],
  [
    '403',
    'The client of `introspection` may not introspect, or a firewall refuses this machine. At the issuer, allow the client to introspect.',
  ],
  ['404', 'There is no endpoint at this URL: check `introspection: { endpoint }`, and the realm or tenant in it.'],
  [
    '4xx',
    'Check `introspection: { endpoint }`: the token and the UserInfo endpoints are others. Or the issuer demands other `parameters`, or another method of `client`.',
  ],
  ['405', 'The endpoint takes no POST: check `introspection: { endpoint }`.'],
  [
    '429',
    'The issuer limits the number of calls. Tollgate tries again by itself. A longer `cacheFor` causes fewer calls.',
  ],
  ['timeout', 'Check the issuer, firewalls and proxies. `introspection: { timeout }` can give it more time.'],
  [
    'not-json',
    "Check `introspection: { endpoint }`: a login page may respond there. If the issuer responds with a JWT, set `introspection: { response: 'jwt' }`.",
  ],
  [
    'malformed-document',
    'Check `introspection: { endpoint }`: the response is not as RFC 7662 §2.2 demands. The token and the UserInfo endpoints are others.',
  ],
])

/** By the reason alone. */
export const fixByReason: Readonly<Record<UpstreamReason, string>> = {
  network: 'Check that the issuer is up, and that this machine can connect to it.',
  timeout: 'Check the issuer, firewalls and proxies. `timeouts` of the issuer can give it more time.',
  'upstream-error': 'The issuer is overloaded or broken. Tollgate tries again by itself.',
  'backing-off': 'The last calls failed. Tollgate tries again by itself.',
  overloaded: 'Too many calls wait for the issuer. Tollgate recovers by itself when it responds faster.',
  'revocations-silent':
    "Check the connection to Redis, or to the other log in `revocations`. With `whenSilent: 'serve'`, requests continue without newer revocations.",
  'replay-store':
    'Check the connection to Redis, or to the other store in `replay` of `dpop`. A store in memory is full: too many proofs come at once.',
  closing: 'Close the server before the validator, so that no request comes after it.',
  'not-found': 'Check the URL of the issuer. If its metadata is elsewhere, set `metadata` or `keys`.',
  'unexpected-status': 'Open the URL with curl from this machine: a proxy, a firewall or a login page may respond.',
  truncated: 'The connection ended early. Check proxies in between.',
  'not-http': 'Something else than an HTTP server listens there. Check the port.',
  'content-encoding': 'Configure the server to send the document as it is, or with gzip.',
  'not-json': 'Open the URL with curl from this machine: a login page or a proxy may respond in place of the issuer.',
  'too-large': 'Configure the issuer to publish a smaller document.',
  'malformed-document': 'Open the URL with curl: it is another document, or the issuer has no signing key yet.',
  'issuer-mismatch':
    'Write `issuer` exactly as the metadata and `iss` of the tokens do. If the metadata names a host that clients do not use, configure the public URL at the issuer.',
  'insecure-endpoint':
    'Configure the issuer to name its endpoints on `https:`. Behind a proxy, configure its public URL there (Keycloak: `KC_HOSTNAME`).',
  'no-usable-key': 'Configure the issuer to publish its signing keys, or set `keys`.',
  'unverifiable-response': 'Check `introspection: { response }`, and how the issuer signs its responses.',
  'credentials-refused':
    'Check the client id, the secret and the method of `introspection: { client }` against the issuer: clientSecretBasic and clientSecretPost are not the same.',
}
