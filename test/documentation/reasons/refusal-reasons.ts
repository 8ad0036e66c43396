import type { RefusalCode, refusalReasons } from '@tollgate/core'
import type { ReasonText } from './reason.ts'

/** `code` determines the status of the response. */
export interface RefusalText extends ReasonText {
  readonly code: RefusalCode
}

/** The reasons of a `Refusal`. The type demands every reason of the library. */
export const refusalTexts: Readonly<Record<(typeof refusalReasons)[number], RefusalText>> = {
  'no-credentials': {
    code: 'invalid_token',
    happened: 'the request has no credentials that Tollgate reads',
    cause:
      'The client sends no `Authorization` header, or another scheme than `Bearer`. Or a proxy removes the header.',
    fix: 'Send `Authorization: Bearer <token>`. For a token in a cookie or in another header, set [`credentials`](credentials.md).',
  },
  'malformed-credentials': {
    code: 'invalid_request',
    happened: 'a source contains no token, or characters that no token has; or the form body is unreadable',
    cause:
      'The header contains quotes, a comma, or the word `Bearer` twice. With `validate(token)`, the argument is no string.',
    fix: 'Send the token alone after one `Bearer` and one space.',
  },
  'repeated-credentials': {
    code: 'invalid_request',
    happened:
      'the request has several `Authorization` lines, two different tokens, or a form body beside another source',
    cause: 'The client and a proxy both add a token.',
    fix: 'Send one token in one place.',
  },
  'token-too-large': {
    code: 'invalid_request',
    happened: 'the token has more than 16 KiB, or all `Cookie` lines together have more than 64 KiB',
    cause: 'The issuer writes all groups or roles of a person into the token.',
    fix: 'Configure the issuer to write fewer claims. Node itself accepts 16 KiB of headers by default.',
  },
  'malformed-token': {
    code: 'invalid_token',
    happened:
      'the token is no well-formed JWT: wrong segments, base64url or JSON, no `alg`, no signature, or a repeated member name',
    cause:
      'The token is opaque or encrypted, and no issuer has `introspection`. Or the client sends a part of the token, or a word such as `undefined`.',
    fix: 'For an opaque token, configure [introspection](opaque-tokens.md), or request a JWT: Auth0, for example, needs an `audience` in the request.',
  },
  'untrusted-issuer': {
    code: 'invalid_token',
    happened: '`iss` is not exactly one of the issuers that you trust',
    cause: 'The names differ by a trailing slash. Or the token comes from another tenant, realm or environment.',
    fix: 'Write `issuer` exactly as in the `iss` of the tokens.',
  },
  'algorithm-not-allowed': {
    code: 'invalid_token',
    happened: '`alg` is not one of the `algorithms` of the issuer, or this Node cannot verify it',
    cause:
      'The issuer signs with HMAC (`HS256`), and Tollgate accepts asymmetric algorithms only, unless you set `secret`.',
    fix: 'Configure the issuer to sign with `RS256`, `ES256` or `EdDSA`. Otherwise set `algorithms` or `secret` of [`trustedIssuer`](keys.md#several-secrets).',
  },
  'critical-header': {
    code: 'invalid_token',
    happened: 'the header of the JWT contains `crit` or `b64`',
    cause: 'The token uses an extension of JWS (RFC 7515 §4.1.11), which Tollgate does not support.',
    fix: 'Configure the issuer to sign without extensions.',
  },
  'unknown-key': {
    code: 'invalid_token',
    happened: 'the issuer publishes no key with this `kid`, or the `keys` function returned none',
    cause:
      'The token comes from another environment with the same `iss`. Or the published key cannot be used, and `passedOver` names it. Or the issuer rotated its keys while it was down.',
    fix: 'Compare the `kid` of the token with the key set of the issuer. See [keys that are not used](keys.md#keys-that-are-not-used).',
  },
  'bad-signature': {
    code: 'invalid_token',
    happened: 'no published key of the right type verifies the signature',
    cause:
      'The token was changed or cut. Or the key with this `kid` cannot be used, and `passedOver` names it. Without a `kid`, the issuer may also have rotated its keys while it was down.',
    fix: 'Request a new token. If every token fails, compare the published keys with those that sign. See [keys that are not used](keys.md#keys-that-are-not-used).',
  },
  'wrong-token-type': {
    code: 'invalid_token',
    happened: '`typ`, `token_use`, `token_type` or other claims show another kind of token',
    cause: 'The client sends its ID token or its refresh token.',
    fix: 'Send the `access_token` of the token response. If the issuer marks access tokens in another way, set [`isAccessToken`](dialects.md#the-kind-of-token).',
  },
  'missing-claim': {
    code: 'invalid_token',
    happened:
      "the token has no `iss`, audience or `exp`; with `profile: 'rfc9068'` also no `sub`, `client_id`, `iat` or `jti`; `claimPaths` names them",
    cause: 'The issuer writes no `aud` into its access tokens.',
    fix: 'Configure the issuer to name this API in `aud`. If it writes the name elsewhere, see [the audience](dialects.md#the-audience).',
  },
  'malformed-claim': {
    code: 'invalid_token',
    happened: 'a registered claim has the wrong type; `claimPaths` names it',
    cause: 'The issuer writes a time as text, or an object where a text belongs.',
    fix: 'Configure the issuer to write the claim as RFC 7519 §4.1 says.',
  },
  expired: {
    code: 'invalid_token',
    happened: '`exp` is in the past',
    cause: 'The client uses a token for longer than its lifetime. Or the clock of this server is ahead.',
    fix: "Request a new token after each 401. Synchronize the clock, or raise `clockTolerance` (at most `'60s'`).",
  },
  'not-yet-valid': {
    code: 'invalid_token',
    happened: '`nbf` is in the future',
    cause: 'The clock of this server is behind that of the issuer.',
    fix: "Synchronize the clock, or raise `clockTolerance` (at most `'60s'`).",
  },
  'issued-in-the-future': {
    code: 'invalid_token',
    happened: '`iat` is in the future, and the issuer has `maxLifetime`',
    cause: 'The clock of this server is behind that of the issuer.',
    fix: "Synchronize the clock, or raise `clockTolerance` (at most `'60s'`).",
  },
  'lifetime-too-long': {
    code: 'invalid_token',
    happened: 'the token is valid for longer than `maxLifetime` from now',
    cause: 'The issuer gives its tokens a longer lifetime than you configured.',
    fix: 'Shorten the lifetime at the issuer, or raise `maxLifetime`.',
  },
  'wrong-audience': {
    code: 'invalid_token',
    happened:
      '`aud`, or the claim of the dialect that `claimPaths` names, is not exactly your `audience`. Or the token is not for the `kind` of the guard `organization`',
    cause: 'The client requests a token for another API. Or the two spellings of the name differ, such as by a slash.',
    fix: 'Write `audience` exactly as in the `aud` of the tokens, and let the client request a token for it.',
  },
  'sender-constrained': {
    code: 'invalid_token',
    happened: 'the token is bound to a key or a certificate, and this validator cannot verify that',
    cause:
      'The option `dpop` or `mtls` is off. Or `cnf` is malformed, or contains neither `jkt` nor `x5t#S256`. Or the token came to `validate()`, without its request. Or a newer introspection response has another `cnf`.',
    fix: "Set [`dpop` or `mtls`](sender-constraint.md) to `mode: 'accepted'`.",
  },
  'unbound-token': {
    code: 'invalid_token',
    happened: 'the token is not bound as its scheme, its route or the options demand',
    cause:
      "A token without `cnf.jkt` came under `DPoP`. Or the mode is `'required'`, the route has `dpopBound()`, or the issuer has `profile: 'fapi2'`.",
    fix: 'Configure the issuer and the client to [bind the tokens](sender-constraint.md#ask-your-issuer).',
  },
  'dpop-bound': {
    code: 'invalid_token',
    happened: 'a token that is bound to a key came under `Bearer`',
    cause: 'The client does not know that its token is bound. Or someone else uses a stolen token.',
    fix: 'Send `Authorization: DPoP <token>` and a proof in the header `DPoP`.',
  },
  'no-proof': {
    code: 'invalid_dpop_proof',
    happened: 'the request has the scheme `DPoP`, and no header `DPoP`',
    cause: 'The client sends no proof, or a proxy removes the header.',
    fix: 'Create proofs with a library, such as openid-client or oauth4webapi.',
  },
  'repeated-proof': {
    code: 'invalid_dpop_proof',
    happened: 'the request has several proofs',
    cause: 'The client and a layer of it both add a proof.',
    fix: 'Send one header `DPoP`.',
  },
  'malformed-proof': {
    code: 'invalid_dpop_proof',
    happened: 'the proof is no signed JWT of at most 8 KiB, or a claim is absent or of the wrong type',
    cause: '`jti`, `htm`, `htu`, `iat` and `ath` are all required. A critical extension (`crit`) is not understood.',
    fix: 'Create proofs with a library, such as openid-client or oauth4webapi.',
  },
  'wrong-proof-type': {
    code: 'invalid_dpop_proof',
    happened: 'the `typ` of the proof is not `dpop+jwt`',
    cause: 'The client sends another JWT.',
    fix: 'Create proofs with a library, such as openid-client or oauth4webapi.',
  },
  'wrong-proof-algorithm': {
    code: 'invalid_dpop_proof',
    happened: 'the `alg` of the proof is not in `algorithms` of `dpop`',
    cause: 'The client has a key for another algorithm.',
    fix: 'Create a key for one of the `algs` in the challenge. Or add the algorithm to [`algorithms`](sender-constraint.md#options-of-dpop).',
  },
  'malformed-proof-key': {
    code: 'invalid_dpop_proof',
    happened: 'the header of the proof has no usable public key in `jwk`',
    cause: 'The key is absent, contains private members, or does not fit `alg`.',
    fix: 'Export the public key alone.',
  },
  'bad-proof-signature': {
    code: 'invalid_dpop_proof',
    happened: 'the signature of the proof does not fit its key',
    cause: 'The proof was changed, or signed with another key.',
    fix: 'Create proofs with a library, such as openid-client or oauth4webapi.',
  },
  'wrong-proof-method': {
    code: 'invalid_dpop_proof',
    happened: '`htm` is not the method of the request',
    cause: 'The client reuses a proof for another method, or writes it in lower case.',
    fix: 'Create a proof for each request.',
  },
  'wrong-proof-uri': {
    code: 'invalid_dpop_proof',
    happened: '`htu` is not the URL of the request, without query and fragment',
    cause:
      'Clients call the server under another origin than it knows, because of a proxy. Or the proof is for another URL.',
    fix: 'Set [`origin`](sender-constraint.md#the-url-of-the-request).',
  },
  'wrong-proof-time': {
    code: 'invalid_dpop_proof',
    happened: 'the proof is older than 60 s, or more than 5 s in the future',
    cause: 'The client reuses proofs, or its clock is wrong.',
    fix: 'Create a proof for each request, and correct the clock.',
  },
  'wrong-proof-token': {
    code: 'invalid_dpop_proof',
    happened: '`ath` is not the hash of the access token',
    cause: 'The proof is for another token, or the hash has padding.',
    fix: 'Create proofs with a library, such as openid-client or oauth4webapi.',
  },
  'wrong-proof-key': {
    code: 'invalid_token',
    happened: 'the proof is good, and the token is bound to another key',
    cause: 'The client has created a new key since it got the token. Or someone else uses a stolen token.',
    fix: 'Get a new token with the new key.',
  },
  'no-nonce': {
    code: 'use_dpop_nonce',
    happened: 'the proof has no `nonce`, and [nonces are required](sender-constraint.md#nonces)',
    cause: 'This is the first request of the client.',
    fix: 'Repeat the request with the `DPoP-Nonce` of the response. Libraries do so.',
  },
  'wrong-nonce': {
    code: 'use_dpop_nonce',
    happened: 'the `nonce` of the proof has expired, or comes from another server',
    cause: 'The client was idle for a minute. Or the processes have different `secrets`.',
    fix: 'Give all processes the same [`secrets`](sender-constraint.md#nonces).',
  },
  'replayed-proof': {
    code: 'invalid_dpop_proof',
    happened: 'the proof was used before',
    cause: 'The client or a proxy repeats a request with the same proof. Or someone else sends it again.',
    fix: 'Create a proof for each request, also for a repeated one.',
  },
  'no-certificate': {
    code: 'invalid_token',
    happened: 'the token is bound to a certificate, and the request came without one',
    cause: 'The server does not request certificates. Or a proxy ends TLS, and does not pass the certificate on.',
    fix: 'Set `requestCert: true`, or [`certificate`](sender-constraint.md#what-a-load-balancer-must-pass-on) of `mtls`.',
  },
  'malformed-certificate': {
    code: 'invalid_token',
    happened: 'the header of the proxy has no certificate in its form',
    cause: 'The proxy writes another form, or does not replace the header of its client.',
    fix: 'Compare its configuration with [the table](sender-constraint.md#what-a-load-balancer-must-pass-on).',
  },
  'expired-certificate': {
    code: 'invalid_token',
    happened: 'the certificate of the client has expired',
    cause: 'The client did not renew it.',
    fix: 'Renew the certificate, and get a new token.',
  },
  'wrong-certificate': {
    code: 'invalid_token',
    happened: 'the token is bound to another certificate',
    cause: 'The client has a new certificate since it got the token. Or someone else uses a stolen token.',
    fix: 'Get a new token with the new certificate.',
  },
  inactive: {
    code: 'invalid_token',
    happened: 'the introspection response calls the token inactive',
    cause:
      'The token is revoked, expired or unknown. Some issuers also call a token inactive that is not for the client that introspects, or every JWT.',
    fix: 'Request a new token. If every token is inactive, check which client may introspect: [client authentication](opaque-tokens.md#client-authentication).',
  },
  'missing-audience': {
    code: 'invalid_token',
    happened: 'the introspection response names no audience',
    cause: 'Many servers send no `aud` in their introspection responses.',
    fix: 'Configure the server to name the API. Otherwise see [the audience](dialects.md#the-audience).',
  },
  'unknown-prefix': {
    code: 'invalid_token',
    happened: "an opaque token without a configured prefix; with `formats: 'opaque'` also a JWT of an unknown issuer",
    cause: 'The token comes from an issuer that is not listed. Or `prefix` is misspelt.',
    fix: "Correct [`prefix`](opaque-tokens.md#which-tokens-are-introspected), or set `opaqueRouting: 'in-order'`.",
  },
  revoked: {
    code: 'invalid_token',
    happened: '`validator.revoke` revoked the token, in this process or in another one with the same `revocations`',
    cause:
      'A person signed out, or somebody blocked the client. `refusal.claimPaths` names the claim by which it was revoked.',
    fix: 'Get a new token. See [revocation](fleet.md#how-do-i-revoke-tokens).',
  },
  'other-owner': {
    code: 'invalid_token',
    happened: 'the fresh token of a connection is not of the same issuer, subject, client and binding',
    cause: 'Another person has signed in meanwhile, in the same browser. Or another client sent the token.',
    fix: 'Open a new connection with the new token. See [renewal](sockets.md#renewal).',
  },
  'wrong-claims': {
    code: 'invalid_token',
    happened: 'the schema of `claims` does not accept the claims',
    cause:
      'The schema requires a claim that not every token has. `refusal.claimPaths` contains its path, such as `tenant` or `address.lines[0]`, and no value.',
    fix: 'Make the claim optional in [the schema](typed-claims.md), or configure the issuer to write it.',
  },
  'insufficient-authentication': {
    code: 'insufficient_user_authentication',
    happened: 'the guard `stepUp` demands a stronger or a more recent authentication',
    cause: '`acr` is not one of the demanded values, or `auth_time` is too old or absent.',
    fix: 'Send the person to the issuer again, with the `acr_values` and `max_age` of the challenge. See [step-up](scopes-and-guards.md#step-up).',
  },
  'missing-scope': {
    code: 'insufficient_scope',
    happened: 'the token lacks a scope that the route needs',
    cause: 'The client did not request the scope. Or the issuer writes scopes, roles or permissions in another claim.',
    fix: 'Request the scope that the challenge names. For another claim, set [`dialect: { scopes }`](dialects.md#claim-paths).',
  },
  'missing-authorization-details': {
    code: 'insufficient_scope',
    happened: 'no element of `authorization_details` permits the call. With a `remedy`, the status is 401',
    cause:
      'The client did not request the details. Or no single element permits the whole call. `refusal.claimPaths` contains the paths of the members that do not fit.',
    fix: 'Request the [authorization details](scopes-and-guards.md#authorization-details) that the API documents, in one element.',
  },
  'wrong-organization': {
    code: 'insufficient_scope',
    happened: 'the token is for another organization than the route',
    cause: 'The client uses the token of one organization for the data of another.',
    fix: 'Request a token for [the organization](issuers/logto.md#organizations) of the route.',
  },
  'unexpected-organization': {
    code: 'insufficient_scope',
    happened: 'the token is for an organization, and a layer of the route has no guard `organization`',
    cause: "The issuer has `organizations: 'enforced'`, and the route is not for organizations.",
    fix: 'Add the guard [`organization`](issuers/logto.md#organizations) to every layer of the route, or request a token without an organization.',
  },
  'cross-origin': {
    code: 'insufficient_scope',
    happened:
      'the request may come from a page of another site: its token is in a cookie alone, or its route has `origins`',
    cause: 'The origin of the page is not in `origins`. Nothing has validated the token.',
    fix: 'Add the origin of the page to `origins` of [the cookie](credentials.md#a-cookie), of [the MCP route](mcp.md#origins) or of [`protect.upgrade`](sockets.md#browsers), exactly as browsers write it.',
  },
  'malformed-message': {
    code: 'invalid_request',
    happened: 'an MCP route has guards for tools, and no message of the request names the tool',
    cause: 'No parser of JSON bodies is in front. Or `Mcp-Method` or `Mcp-Name` differ from the body.',
    fix: 'Put `express.json()`, or the parser of your framework, [in front of `protectMcp`](mcp.md#scopes-of-a-tool).',
  },
}
