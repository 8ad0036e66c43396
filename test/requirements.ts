/** A demand on a resource server, by a standard, or by a rule of our own where the standards are silent. */
export interface Requirement {
  readonly level: 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'RULE'
  readonly source: string
  readonly text: string
  /** The part that no test shows yet, because its feature does not exist yet. */
  readonly partly?: string
}

/**
 * The requirements that we claim to meet. `requirements.test.ts` fails when one is cited by no test, or a test cites one
 * that is not here.
 */
export const requirements = {
  'HTTP-01': {
    level: 'MUST',
    source: 'RFC 9110 §11.1',
    text: 'Scheme names compare without regard to case.',
  },
  'HTTP-02': {
    level: 'MUST',
    source: 'RFC 9110 §11.4, RFC 6750 §2.1',
    text: 'One or more spaces stand between scheme and token; the token has the characters of token68.',
  },
  'HTTP-03': {
    level: 'SHOULD',
    source: 'RFC 6750 §3.1',
    text: 'Syntactically broken credentials are a malformed request.',
  },
  'HTTP-04': {
    level: 'MUST',
    source: 'RFC 9110 §5.3, RFC 6750 §2',
    text: 'Several Authorization lines are ambiguous, and none of them is picked.',
    partly: 'HTTP/2 is tested in Fastify alone',
  },
  'HTTP-05': { level: 'MUST', source: 'RFC 9110 §11.6.1', text: 'Every 401 carries a challenge; no 5xx does.' },
  'HTTP-06': {
    level: 'MUST',
    source: 'RFC 9110 §11.2, §5.6.4',
    text: 'Challenge parameters are valid quoted-strings, each once; nothing breaks out of the header.',
  },
  'HTTP-07': {
    level: 'MUST',
    source: 'RFC 9110 §11.6.1',
    text: 'All adapters give the same challenges, and leave those of the app in place.',
  },
  'HTTP-08': {
    level: 'SHOULD',
    source: 'RFC 9449 §8, Fetch',
    text: 'A CORS layer in front answers preflights and exposes the challenge to browsers.',
  },
  'HTTP-09': {
    level: 'SHOULD',
    source: 'RFC 9111 §3.5, RFC 9110 §11.7',
    text: 'Refusals are not stored by caches; Proxy-Authorization holds no access token.',
  },
  'ERR-01': {
    level: 'RULE',
    source: 'conformance §3',
    text: 'Without keys the response is 503 with Retry-After and no challenge, and the API recovers by itself.',
  },
  'ERR-02': {
    level: 'RULE',
    source: 'conformance §3',
    text: 'An unavailable server is 503, refused credentials of our own are 500, an invalid response is 502, and none is 401.',
  },
  'ERR-04': {
    level: 'RULE',
    source: 'conformance §3',
    text: 'An unexpected exception is 500 without challenge; the published outcome agrees with the status.',
  },
  'ERR-05': {
    level: 'RULE',
    source: 'conformance §1, §3',
    text: 'The first failure in the order of validation decides the response.',
  },
  'BRR-01': { level: 'MUST', source: 'RFC 6750 §2.1', text: 'The Authorization header is supported.' },
  'BRR-02': {
    level: 'MAY',
    source: 'RFC 6750 §2.2',
    text: 'A form body may carry the token, only if opted in and of the right kind.',
  },
  'BRR-03': {
    level: 'MUST',
    source: 'OAuth 2.1, FAPI 2.0 §5.3.4',
    text: 'A token in the query is never used.',
    partly: 'a strict mode that refuses it beside a header',
  },
  'BRR-04': { level: 'MUST', source: 'RFC 6750 §3', text: 'A Bearer challenge has at least one parameter.' },
  'BRR-05': {
    level: 'SHOULD NOT',
    source: 'RFC 6750 §3',
    text: 'Without credentials there is no error code or description.',
  },
  'BRR-06': {
    level: 'MUST',
    source: 'RFC 6750 §3.1, RFC 9068 §4',
    text: 'An invalid token is 401 invalid_token, whatever is wrong with it.',
  },
  'BRR-07': { level: 'SHOULD', source: 'RFC 6750 §3.1', text: 'A repeated parameter is 400 invalid_request.' },
  'BRR-08': { level: 'MUST', source: 'RFC 6750 §2', text: 'More than one transport of the token is refused.' },
  'BRR-09': { level: 'MUST', source: 'RFC 6750 §3', text: 'Each parameter stands at most once in a challenge.' },
  'BRR-10': {
    level: 'MUST',
    source: 'RFC 6750 §3, RFC 6749 §3.3',
    text: 'Scopes are a space-separated, case-sensitive, unordered set.',
  },
  'BRR-11': {
    level: 'MUST',
    source: 'RFC 6750 §3',
    text: 'Descriptions come from a fixed list and hold nothing of the token.',
  },
  'BRR-12': {
    level: 'SHOULD',
    source: 'RFC 6750 §3.1',
    text: '403 insufficient_scope names all scopes that the request needs.',
  },
  'BRR-13': {
    level: 'RULE',
    source: 'conformance §4',
    text: 'Error codes are a closed set; optional routes let absent credentials through, never bad ones.',
  },
  'CRED-01': {
    level: 'RULE',
    source: 'docs/credentials.md',
    text: 'The token comes from the configured sources only, and never from the query.',
  },
  'CRED-02': {
    level: 'RULE',
    source: 'RFC 9110 §5.3',
    text: 'A header of its own contains the whole token. An empty value is an absent token, and a repeated line is refused.',
  },
  'CRED-03': {
    level: 'MUST',
    source: 'RFC 6265 §5.4, RFC 9113 §8.2.3',
    text: 'A cookie is found in any of several lines, with or without quotes. Different values of one name are refused.',
  },
  'CRED-04': {
    level: 'MUST',
    source: 'RFC 6750 §2',
    text: 'The same token in two sources counts once. Two different tokens are refused, and so is a form beside another source.',
  },
  'CRED-05': {
    level: 'RULE',
    source: 'Fetch Metadata, RFC 6454 §7',
    text: 'A request with side effects whose token comes from a cookie alone is of the same origin, or of a listed one.',
  },
  'CRED-06': {
    level: 'RULE',
    source: 'RFC 6455 §10.2',
    text: 'An upgrade to WebSocket needs the same check as a request with side effects.',
  },
  'CRED-07': {
    level: 'RULE',
    source: 'docs/credentials.md',
    text: 'A request of another origin is refused before its token is validated, so that it causes no upstream call.',
  },
  'JOSE-01': { level: 'MUST NOT', source: 'RFC 9068 §4, RFC 8725 §3.2', text: 'Unsecured tokens are never accepted.' },
  'JOSE-02': {
    level: 'MUST',
    source: 'RFC 8725 §3.1',
    text: 'Only algorithms on the list of the issuer verify; the header never widens it.',
  },
  'JOSE-03': { level: 'MUST', source: 'RFC 8725 §2.1, §3.1', text: 'Key type and algorithm agree.' },
  'JOSE-04': {
    level: 'MUST',
    source: 'RFC 8725 §3.1, RFC 7517 §4.2-4.4',
    text: 'The alg, use and key_ops of a key are honoured.',
  },
  'JOSE-05': {
    level: 'MUST',
    source: 'RFC 7515 §4.1.11',
    text: 'A critical header that is not understood invalidates the token.',
  },
  'JOSE-06': { level: 'MAY', source: 'RFC 7515 §4.1.11', text: 'A malformed crit is refused.' },
  'JOSE-07': { level: 'MUST NOT', source: 'RFC 7797 §7', text: 'JWTs do not use b64: false.' },
  'JOSE-08': {
    level: 'MUST',
    source: 'RFC 7515 §4, RFC 7519 §4',
    text: 'A member name that stands twice in one object is refused, in tokens and in introspection responses.',
    partly: 'security events and status lists',
  },
  'JOSE-09': {
    level: 'MUST',
    source: 'RFC 7515 §2, §5.2',
    text: 'Three segments of canonical base64url; the header is a UTF-8 JSON object.',
  },
  'JOSE-10': { level: 'MUST', source: 'RFC 8725bis', text: 'JSON serializations are refused.' },
  'JOSE-11': {
    level: 'MUST',
    source: 'RFC 8725 §3.3',
    text: 'Encrypted tokens are not taken for signed ones.',
    partly: 'decryption, which is no part of an issue yet',
  },
  'JOSE-12': {
    level: 'MUST',
    source: 'RFC 7518 §3.4',
    text: 'ECDSA signatures are R and S of fixed length, neither zero.',
  },
  'JOSE-13': {
    level: 'MUST',
    source: 'RFC 7518 §3.2, §3.3',
    text: 'RSA keys have 2048 bits at least; HMAC secrets the length of the hash.',
  },
  'JOSE-14': {
    level: 'SHOULD',
    source: 'RFC 9864',
    text: 'Ed25519 is accepted under both its names, and Ed448 under neither.',
  },
  'JOSE-15': {
    level: 'MUST NOT',
    source: 'RFC 8725 §3.10',
    text: 'Keys and URLs in the header are not used; kid is untrusted input.',
  },
  'JOSE-16': {
    level: 'MUST',
    source: 'RFC 8725bis, RFC 8725 §3.6',
    text: 'The work that a token can cause is bounded.',
    partly: 'the limits of decryption, which there is none of',
  },
  'CLM-01': { level: 'MUST', source: 'RFC 7519 §4.1.4', text: 'Refused at or after exp.' },
  'CLM-02': { level: 'MUST', source: 'RFC 7519 §4.1.5', text: 'Refused before nbf.' },
  'CLM-03': { level: 'MUST', source: 'RFC 7519 §2', text: 'Times are JSON numbers, fractions allowed.' },
  'CLM-04': { level: 'MUST', source: 'RFC 7519 §4.1.3', text: 'aud is compared exactly; one of ours is in it.' },
  'CLM-05': {
    level: 'MUST',
    source: 'RFC 8725 §3.8, RFC 9068 §4',
    text: 'iss equals the configured issuer as a string.',
  },
  'CLM-06': { level: 'MUST', source: 'RFC 8725 §3.8', text: "The verifying key belongs to the token's issuer." },
  'CLM-07': { level: 'MUST', source: 'RFC 7519 §7.2', text: 'The claims are a UTF-8 JSON object, and plain data.' },
  'CLM-08': {
    level: 'MUST',
    source: 'RFC 8725 §3.11, §3.12',
    text: 'Other kinds of JWT are not taken for access tokens.',
  },
  'CLM-09': {
    level: 'RULE',
    source: 'conformance §6',
    text: 'A greatest lifetime can be demanded; then iat is not in the future.',
  },
  'AT-01': {
    level: 'MUST',
    source: 'RFC 9068 §4',
    text: 'typ is at+jwt; by default JWT or none passes too unless the claims show another kind of token.',
    partly: 'what presets of vendors make of it',
  },
  'AT-02': {
    level: 'MUST',
    source: 'RFC 9068 §2.2',
    text: 'The profile demands iss, exp, aud, sub, client_id, iat and jti.',
  },
  'AT-03': {
    level: 'MUST',
    source: 'RFC 9068 §4',
    text: 'aud contains a resource indicator of ours; without a configured one the API does not start.',
  },
  'AT-04': {
    level: 'MUST',
    source: 'RFC 9068 §4',
    text: 'The key is one that the issuer published; the tolerance is 60 s at most.',
  },
  'AT-05': { level: 'MUST', source: 'RFC 9068 §2.1', text: 'RS256 is implemented.' },
  'AT-06': { level: 'MUST', source: 'RFC 9068 §4', text: 'Any failure of validation is invalid_token.' },
  'AT-07': {
    level: 'SHOULD',
    source: 'RFC 9068 §4',
    text: 'If encryption was negotiated, a plain token is refused.',
    partly: 'negotiation: encryption is not supported, so that encrypted tokens are what is refused',
  },
  'AT-08': {
    level: 'SHOULD',
    source: 'RFC 9068 §2.2.3, RFC 9700 §4.15',
    text: 'Scopes come from the scope string, and from an array only where it is enabled; a client does not pass for a resource owner.',
  },
  'KEY-01': {
    level: 'MUST',
    source: 'RFC 8414 §2',
    text: 'A key set is fetched over https with certificate checks; plain http is for loopback.',
  },
  'KEY-02': {
    level: 'SHOULD',
    source: 'RFC 9111 §4.2, §5.2',
    text: 'Freshness follows max-age less Age, between one minute and one hour, ten minutes when the server is silent.',
  },
  'KEY-03': {
    level: 'SHOULD',
    source: 'RFC 9111 §4.3',
    text: 'A key set is revalidated by ETag and Last-Modified; 304 renews it, and is a failure in response to a request without a condition.',
  },
  'KEY-04': {
    level: 'SHOULD',
    source: 'OIDC Core §10.1.1',
    text: 'An unknown kid causes one refetch; a fruitless one starts a cooldown.',
  },
  'KEY-05': {
    level: 'RULE',
    source: 'conformance §8',
    text: 'Concurrent requests share one fetch, and the end of one request does not end it.',
  },
  'KEY-06': { level: 'RULE', source: 'conformance §8', text: 'A bad signature under a known kid causes no refetch.' },
  'KEY-07': {
    level: 'RULE',
    source: 'conformance §8',
    text: 'Stale keys serve for an hour while the endpoint fails; no request waits for a refresh ahead of expiry.',
  },
  'KEY-08': { level: 'SHOULD', source: 'RFC 7517 §5', text: 'Keys that cannot be used do not spoil the set.' },
  'KEY-09': {
    level: 'RULE',
    source: 'conformance §8',
    text: 'A bad response never replaces a good set, and the validator reports it.',
  },
  'KEY-10': {
    level: 'RULE',
    source: 'conformance §8',
    text: 'A fetch has a deadline and a size, and follows no redirect.',
  },
  'KEY-11': {
    level: 'MUST',
    source: 'RFC 7517 §4.5',
    text: 'kid is a hint: without one a bounded number of fitting keys is tried; with duplicates the rest of the key decides.',
  },
  'KEY-12': {
    level: 'RULE',
    source: 'conformance §8',
    text: 'A withdrawn key stops verifying within one freshness period while the endpoint is healthy.',
  },
  'KEY-13': {
    level: 'MUST NOT',
    source: 'RFC 7517 §9.2, RFC 8725 §2.1',
    text: 'Symmetric or private material in a remote set is not used.',
  },
  'META-01': {
    level: 'MUST',
    source: 'RFC 8414 §3.1, Discovery §4.1',
    text: 'The well-known URLs are built by insertion and by appending.',
  },
  'META-02': {
    level: 'MUST',
    source: 'MCP 2025-11-25',
    text: 'With a path the three URLs are tried in turn, and the result is cached.',
  },
  'META-03': {
    level: 'MUST',
    source: 'RFC 8414 §3.3',
    text: "The document's issuer is identical to the configured one, or nothing in it is used.",
  },
  'META-04': {
    level: 'MUST',
    source: 'RFC 8414 §3.1, §3.2',
    text: 'Metadata is a 200 with a JSON object; a server error is not an absence.',
  },
  'META-05': {
    level: 'RULE',
    source: 'conformance §9',
    text: 'Discovery is lazy and retried, and `health()` reports its state.',
  },
  'META-06': {
    level: 'MUST',
    source: 'RFC 8705 §5',
    text: 'Over mutual TLS the endpoints among mtls_endpoint_aliases win.',
  },
  'INT-01': {
    level: 'MUST',
    source: 'RFC 7662 §2.1',
    text: 'Introspection is a form-encoded POST; the token is in the body, whole, and never in a URL.',
  },
  'INT-02': {
    level: 'MUST',
    source: 'RFC 7662 §2.1, RFC 6749 §2.3.1',
    text: 'The call is authenticated; for Basic, id and secret are form-encoded first.',
  },
  'INT-03': { level: 'MUST', source: 'RFC 7662 §2.2', text: 'Only the boolean `true` means active.' },
  'INT-04': {
    level: 'MUST',
    source: 'RFC 7662 §2.2, §2.3',
    text: 'An inactive response is a refusal, and an error status is a failure.',
  },
  'INT-05': { level: 'MUST NOT', source: 'RFC 7662 §4', text: 'A cached response is not used beyond its `exp`.' },
  'INT-06': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'Active responses are cached for 60 s, at most 300; inactive ones for 10 s, at most 30; with 0 none is cached.',
  },
  'INT-07': {
    level: 'RULE',
    source: 'RFC 9700 §4.9',
    text: 'The cache key is a hash over issuer configuration and token; an entry contains no token.',
  },
  'INT-08': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'The cache stores the validated token, never the decision: every policy and every revocation is checked on each hit.',
  },
  'INT-09': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'Concurrent requests with one token share one call; failures are not cached, and the end of one request does not end the call.',
  },
  'INT-10': {
    level: 'SHOULD',
    source: 'RFC 7662 §2.2, §4',
    text: '`aud`, `iss`, `nbf`, `exp` and `token_type` of a response are validated; a missing `aud` is a refusal.',
  },
  'INT-11': { level: 'MUST', source: 'RFC 7662 §4', text: 'The endpoint is on TLS, and its certificate is verified.' },
  'INT-12': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'A revocation takes effect when the cached response expires, and at once after `evict` or `revoke`, in every process with the same log.',
  },
  'INT-13': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'What comes back from a shared store is untrusted: anything that is not exactly ours is a miss, sealed or not.',
  },
  'REVOKE-01': {
    level: 'RULE',
    source: 'RFC 6750 §3.1, conformance §1',
    text: 'A token that is revoked by itself, by jti, sid, sub or client is invalid in every process, cached or not.',
  },
  'REVOKE-02': {
    level: 'RULE',
    source: 'conformance §21 (SET-05)',
    text: 'A revocation concerns the tokens of one issuer that were issued until then, and no later ones.',
  },
  'REVOKE-03': {
    level: 'RULE',
    source: 'conformance §1',
    text: 'Without contact to the log of revocations, good tokens are served or get 503, as configured, and never 401.',
  },
  'REVOKE-04': {
    level: 'RULE',
    source: 'conformance §10',
    text: 'What comes from the log of revocations is untrusted: anything that is not exactly ours revokes nothing.',
  },
  'IJW-01': {
    level: 'MUST',
    source: 'RFC 9701 §4, §5',
    text: 'The request accepts a signed response, which has its own content type and `typ`.',
  },
  'IJW-02': {
    level: 'MUST',
    source: 'RFC 9701 §5',
    text: 'It is from this issuer, for us, with `iat`; only `token_introspection` describes the token.',
  },
  'IJW-03': {
    level: 'SHOULD NOT',
    source: 'RFC 9701 §5',
    text: 'Top-level `sub` and `exp` are not read as those of the token.',
  },
  'IJW-04': {
    level: 'MUST',
    source: 'RFC 9701 §5, §6',
    text: 'Its signature is verified with the keys of the issuer and an agreed algorithm, and there is no downgrade.',
  },
  'IJW-05': { level: 'MUST', source: 'RFC 9701 §8.1', text: 'It is itself no access token.' },
  'AUD-01': {
    level: 'MUST',
    source: 'RFC 8707 §2',
    text: 'An audience is any non-empty string. A resource is an absolute URL without a fragment.',
  },
  'AUD-02': {
    level: 'MUST',
    source: 'RFC 9700 §2.3, §4.10.2',
    text: 'On every request the token is meant for this API.',
  },
  'AUD-03': { level: 'MUST', source: 'RFC 9700', text: 'The token is not serialized with the identity.' },
  'OFF-DPOP': {
    level: 'RULE',
    source: 'conformance §24',
    text: 'DPoP off: a bound token is refused as Bearer; the DPoP scheme is no credentials.',
  },
  'OFF-MTLS': { level: 'RULE', source: 'conformance §24', text: 'mTLS off: a certificate-bound token is refused.' },
  'OFF-STATUS': {
    level: 'RULE',
    source: 'conformance §24',
    text: 'Status list off: a token with a status passes.',
    partly: 'an option that refuses it',
  },
  'OFF-STEP-UP': {
    level: 'RULE',
    source: 'conformance §24',
    text: 'Without step-up on the route acr and auth_time are only exposed.',
  },
  'OFF-JWT': {
    level: 'RULE',
    source: 'conformance §24',
    text: 'JWT off: JWTs are introspected like any other token; their `iss` is looked at only to find the issuer.',
  },
  'OFF-INTROSPECTION': {
    level: 'RULE',
    source: 'conformance §24',
    text: 'Introspection off: an opaque token is refused.',
  },
  'MCP-01': {
    level: 'MUST',
    source: 'MCP 2025-06-18, 2025-11-25, 2026-07-28',
    text: 'The server publishes metadata with at least one authorization server.',
  },
  'MCP-02': {
    level: 'MUST',
    source: 'MCP 2025-06-18, 2025-11-25, 2026-07-28',
    text: 'A client finds the metadata by the challenge and by the path of the resource, and no other document at the root.',
  },
  'MCP-03': {
    level: 'SHOULD',
    source: 'MCP 2025-11-25',
    text: 'A 401 names the scopes of its route.',
  },
  'MCP-04': {
    level: 'SHOULD',
    source: 'MCP 2025-11-25',
    text: 'A missing scope is 403 with `scope` and `resource_metadata`; one challenge names everything that the operation needs.',
  },
  'MCP-05': {
    level: 'MUST',
    source: 'MCP 2026-07-28',
    text: 'A broader scope that implies the needed one is enough.',
  },
  'MCP-07': {
    level: 'MUST',
    source: 'MCP, RFC 8707 §2',
    text: 'Tokens for other servers are refused; the audience is the URL of the server, without a slash at the end.',
  },
  'MCP-08': {
    level: 'MUST',
    source: 'MCP',
    text: 'Every request is authorized, in a session too: 401 without a token, 400 if malformed, never by the query.',
  },
  'DIALECT-SCOPES': {
    level: 'RULE',
    source: 'issue 17',
    text: 'Scopes are read where the dialect of the issuer says: from arrays, strings, names of an object, or a function.',
  },
  'DIALECT-AUD': {
    level: 'RULE',
    source: 'issue 17',
    text: 'The audience is read where the dialect says; a token without one is refused unless the issuer is trusted with it.',
  },
  'DIALECT-CLIENT': {
    level: 'RULE',
    source: 'issue 17, RFC 9700 §4.15',
    text: 'The client id and the kind of subject are read as the dialect says; what is not stated is unknown.',
  },
  ORGANIZATION: {
    level: 'RULE',
    source: 'issue 17',
    text: 'Only a route with the guard of an organization accepts its tokens: another organization is 403, another audience 401.',
  },
  'DIALECT-KIND': {
    level: 'RULE',
    source: 'issue 17, RFC 8725 §3.12',
    text: 'The positive mark of the dialect decides alone whether a token is an access token.',
  },
  'CLAIMS-SCHEMA': {
    level: 'RULE',
    source: 'conformance §1',
    text: 'Claims that their schema does not accept are invalid_token; diagnostics name the path, and no message contains the value.',
  },
  'APP-METHODS': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'Every method is authenticated in the same way, HEAD and OPTIONS too.',
  },
  'APP-MOUNTED': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'Routers and scopes may be mounted; guards see the whole path.',
  },
  'APP-PROXY': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'Neither Host nor X-Forwarded-* changes a result or a challenge, unless an `issuer` function reads them.',
  },
  'APP-ERRORS': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'The app answers for an error of a handler. `auth` on an unguarded route is an error of the app.',
  },
  'APP-TWICE': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'Protection may be used several times on one request.',
  },
  'APP-INNER': {
    level: 'RULE',
    source: 'docs/frameworks.md',
    text: 'A part of the app may have another audience, and validates by itself.',
  },
  'TENANT-HOST': {
    level: 'RULE',
    source: 'docs/tenants.md',
    text: 'A result of an `issuer` function that read the request serves no other request, from no cache and no shared call.',
  },
  'TENANT-URL': {
    level: 'RULE',
    source: 'docs/tenants.md',
    text: 'An `issuer` function may return a URL. The URL counts only if it is exactly `iss`.',
  },
  'TENANT-NAME': {
    level: 'RULE',
    source: 'docs/tenants.md',
    text: 'A made-up `iss` is a 401, although the `issuer` function gives it to trustedIssuer, which rejects it.',
  },
  'APP-THROW': {
    level: 'RULE',
    source: 'design §3',
    text: 'The error handling of the app may respond instead. The error contains the status and the headers.',
  },
  'DPOP-01': {
    level: 'MUST',
    source: 'RFC 9449 §7.1',
    text: 'A bound token comes with a proof; the handler sees the thumbprint of its key.',
  },
  'DPOP-02': { level: 'MUST', source: 'RFC 9449 §4.3, §7.1', text: 'Without a proof there is no access.' },
  'DPOP-03': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (1)',
    text: 'A request has one DPoP header; several use up no proof.',
  },
  'DPOP-04': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (2)',
    text: 'The proof is one well-formed signed JWT of at most 8 KiB.',
  },
  'DPOP-05': {
    level: 'MUST',
    source: 'RFC 9449 §4.2, §4.3 (3)',
    text: 'The proof has all its claims, of the right types.',
  },
  'DPOP-06': { level: 'MUST', source: 'RFC 9449 §4.3 (4)', text: '`typ` is dpop+jwt.' },
  'DPOP-07': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (5)',
    text: '`alg` is asymmetric and on the list, which challenges name.',
  },
  'DPOP-08': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (6)',
    text: 'The signature verifies with the public key in the header.',
  },
  'DPOP-09': { level: 'MUST NOT', source: 'RFC 9449 §4.3 (7)', text: 'The header contains no private key.' },
  'DPOP-10': { level: 'MUST', source: 'RFC 9449 §4.3 (8)', text: '`htm` is the method of the request; case counts.' },
  'DPOP-11': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (9)',
    text: '`htu` is the URL of the request without query and fragment.',
  },
  'DPOP-12': {
    level: 'SHOULD',
    source: 'RFC 9449 §4.3, RFC 3986 §6.2',
    text: 'URLs are compared after normalization.',
  },
  'DPOP-13': {
    level: 'RULE',
    source: 'conformance §14',
    text: 'The URL comes from the configuration or a trusted proxy, and from no header of another sender.',
  },
  'DPOP-14': {
    level: 'MUST',
    source: 'RFC 9449 §4.3 (11), §11.1',
    text: 'A proof is accepted for 60 s, and 5 s before its time.',
  },
  'DPOP-15': { level: 'MUST', source: 'RFC 9449 §4.3 (12)', text: '`ath` is the hash of the access token.' },
  'DPOP-16': { level: 'MUST', source: 'RFC 9449 §4.3 (12), §6', text: 'The token is bound to the key of the proof.' },
  'DPOP-17': {
    level: 'MUST',
    source: 'RFC 9449 §7.1, §7.2',
    text: 'Scheme and binding agree both ways, for JWTs and for introspected tokens.',
  },
  'DPOP-18': {
    level: 'SHOULD',
    source: 'RFC 9449 §7.1, §7.2',
    text: 'Challenges offer the schemes of the route, and the error is in the one that was attempted.',
  },
  'DPOP-19': {
    level: 'MUST',
    source: 'RFC 9449 §8.1, §9',
    text: 'Where nonces are on, a proof without one gets one with use_dpop_nonce.',
  },
  'DPOP-20': {
    level: 'MUST',
    source: 'RFC 9449 §8.2, §9',
    text: 'A nonce lives for 60 s and is renewed after 30 s, over all processes with the same secrets.',
  },
  'DPOP-21': {
    level: 'MUST NOT',
    source: 'RFC 9449 §11.3',
    text: 'A client never gets back to proofs without a nonce.',
  },
  'DPOP-22': {
    level: 'MAY',
    source: 'RFC 9449 §11.1',
    text: 'A proof is used once, and a proof that is refused is not used up.',
  },
  'DPOP-23': {
    level: 'RULE',
    source: 'RFC 9449 §11.1',
    text: 'Replay memory is bounded, and when a store cannot know, the proof is neither accepted nor called replayed (503).',
  },
  'MTLS-01': {
    level: 'MUST',
    source: 'RFC 8705 §3',
    text: 'The client has the certificate to which the token is bound.',
  },
  'MTLS-02': {
    level: 'MUST',
    source: 'RFC 8705 §3.1',
    text: '`x5t#S256` is the base64url SHA-256 of the DER certificate.',
  },
  'MTLS-03': { level: 'MUST', source: 'RFC 8705 §3.2', text: 'The same holds for introspected tokens, cached or not.' },
  'MTLS-04': { level: 'MAY', source: 'RFC 8705 §6.2', text: 'Self-signed certificates work.' },
  'MTLS-05': {
    level: 'MUST',
    source: 'RFC 8705 §6.5, RFC 9440',
    text: 'A certificate in a header counts only from a trusted proxy.',
  },
  'MTLS-06': {
    level: 'RULE',
    source: 'conformance §15',
    text: 'Where certificates are required, other tokens are refused; of two bindings, both must hold.',
  },
  'MCP-06': {
    level: 'SHOULD NOT',
    source: 'MCP 2026-07-28',
    text: 'offline_access is neither in challenges nor in the metadata.',
  },
  'PRM-01': {
    level: 'MUST',
    source: 'RFC 9728 §1.2, §2',
    text: 'The identifier of the resource is a URL on https without a fragment, and is published as it was given.',
  },
  'PRM-02': {
    level: 'MUST',
    source: 'RFC 9728 §3.2',
    text: 'GET and HEAD need no token, also with a global guard; no other path passes that guard.',
  },
  'PRM-03': {
    level: 'MUST',
    source: 'RFC 9728 §3.1',
    text: 'The well-known suffix stands between the host and the path; each resource has a document of its own.',
  },
  'PRM-04': { level: 'MUST', source: 'RFC 9728 §2, §3.2', text: 'Members without a value are absent.' },
  'PRM-05': {
    level: 'MUST',
    source: 'RFC 9728 §2',
    text: 'The document agrees with the behaviour, because it follows from the configuration and the guards.',
  },
  'PRM-06': {
    level: 'MUST',
    source: 'RFC 9728 §2.2',
    text: 'Signed metadata is a JWT with iss and the same members; it is neither unsigned nor nested.',
  },
  'PRM-07': {
    level: 'MUST',
    source: 'RFC 9728 §5.1',
    text: 'Every challenge names the URL of the metadata once; the Host of the request has no effect.',
  },
  'PRM-08': {
    level: 'MUST',
    source: 'RFC 9728 §3.3, draft-mcguinness-oauth-rfc9728bis',
    text: 'A client accepts the document by prefix, and literally when the route has a resource of its own.',
  },
  'PRM-09': {
    level: 'RULE',
    source: 'RFC 9728 §3.2, §7',
    text: 'The document can be cached, and pages of every origin can read it.',
  },
  'STEP-01': {
    level: 'MUST',
    source: 'RFC 9470 §3',
    text: 'Too weak or too old an authentication is 401 insufficient_user_authentication, and never 403.',
  },
  'STEP-02': {
    level: 'MUST',
    source: 'RFC 9470 §3',
    text: '`acr_values` is one list in the order of preference, and any of its values is enough.',
  },
  'STEP-03': {
    level: 'MUST',
    source: 'RFC 9470 §3',
    text: '`max_age` is compared with `auth_time`; an unknown time is not recent.',
  },
  'STEP-04': {
    level: 'MAY',
    source: 'RFC 9470 §3',
    text: 'One challenge names all that the token needs, and only for a valid token.',
  },
  'STEP-05': {
    level: 'MUST',
    source: 'RFC 9470 §6',
    text: '`acr` is a text and `auth_time` a number, in JWTs and introspection responses.',
  },
  'RAR-01': {
    level: 'MUST',
    source: 'RFC 9396 §2, §9',
    text: '`authorization_details` is an array of objects with a `type`, in JWTs and introspection responses; anything else grants nothing.',
  },
  'RAR-02': {
    level: 'MUST',
    source: 'RFC 9396 §2, §7',
    text: 'Each element stands alone, and unknown types grant nothing: 403 insufficient_scope without `scope`.',
  },
  'RAR-03': {
    level: 'MAY',
    source: 'draft-ietf-oauth-rar-metadata-remediation-00 §4',
    text: 'With a remedy: 401 insufficient_authorization, and `authorization_remediation` has the details to request.',
  },
  'FAPI-01': { level: 'MUST', source: 'FAPI 2.0 §5.3.4', text: 'Tokens come in the header only.' },
  'FAPI-02': {
    level: 'MUST',
    source: 'FAPI 2.0 §5.3.4',
    text: 'Without introspection and revocations, a warning says that tokens cannot be revoked.',
  },
  'FAPI-03': { level: 'MUST', source: 'FAPI 2.0 §5.3.4', text: 'Tokens are bound to a key or a certificate.' },
  'FAPI-04': { level: 'MUST', source: 'FAPI 2.0 §5.4.1', text: 'The algorithms are PS256, ES256 and EdDSA.' },
} as const satisfies Record<string, Requirement>

export type RequirementId = keyof typeof requirements
