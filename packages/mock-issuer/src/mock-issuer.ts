import type { Dispatcher } from 'undici'
import type { AccessTokenOptions, Claims, TokenSource } from './access-token.ts'
import { createClientAuthentication } from './client-authentication.ts'
import { type Client, expectClient, type MockClientOptions } from './client.ts'
import { createClock, type MockClock } from './clock.ts'
import { createEndpoints, type LoggedRequest, type Route } from './endpoints.ts'
import { createFaults, type Endpoint, type Fault, type FaultOptions } from './faults.ts'
import { json } from './http-response.ts'
import { createIntrospection } from './introspection.ts'
import { createIssuedTokens, type IssuedTokens, type OpaqueTokenOptions } from './issued-tokens.ts'
import { createMetadata } from './metadata.ts'
import { expectText, ownMembers } from './options.ts'
import { createSigningKeys, type RotationOptions } from './signing-keys.ts'
import { openTransport } from './transport.ts'
import { createWrongToken, type WrongToken } from './wrong-tokens.ts'

/** The options of `createMockIssuer`. */
export interface MockIssuerOptions {
  /** The `aud` of the tokens. Default: `'https://api.example.com'`. */
  readonly audience?: string
  /** The issuer creates one key for each algorithm. It signs with the first by default. Default: `['ES256']`. */
  readonly algorithms?: readonly [string, ...string[]]
  /**
   * A port on loopback, or `'free'` for any free port. With `'none'` the issuer listens nowhere, and only
   * `validatorOptions.dispatcher` connects to it. Default: `'free'`.
   */
  readonly port?: 'free' | 'none' | number
  /** The client that may introspect tokens. Default: `'api'` with a random secret, see `issuer.client`. */
  readonly client?: MockClientOptions
}

/** The options for a validator that trusts this issuer and uses its clock. */
export interface MockValidatorOptions {
  readonly issuer: string
  readonly audience: string
  readonly clock: MockClock
  readonly dispatcher?: Dispatcher
}

/** An issuer for tests. */
export interface MockIssuer {
  /** The issuer identifier: the `iss` of the tokens. */
  readonly url: string
  readonly clock: MockClock
  /** `{ issuer, audience, clock }`, and the `dispatcher` without a port: `createProtect(mock.validatorOptions)`. */
  readonly validatorOptions: MockValidatorOptions
  /** The credentials for the introspection endpoint. */
  readonly client: { readonly id: string; readonly secret: string }
  /** The last 10,000 requests that the issuer received, oldest first. */
  readonly requests: readonly LoggedRequest[]
  /**
   * Issues a signed access token by RFC 9068, valid for five minutes. `claims` replace and extend the default claims.
   * Does not validate them.
   */
  accessToken(claims?: Claims, options?: AccessTokenOptions): Promise<string>
  /** Issues a token whose claims only introspection returns. `claims` replace and extend the default claims. */
  opaqueToken(claims?: Claims, options?: OpaqueTokenOptions): Promise<string>
  /** Makes a token inactive for introspection. Throws a `TypeError` for a token of another issuer, or a wrong token. */
  revoke(token: string): void
  /** Creates a token with the named fault. An API must refuse it with 401. `wrongTokens` lists the names. */
  wrongToken(name: WrongToken, claims?: Claims): Promise<string>
  /** Creates new keys and signs with them. The previous keys stay in the key set unless they are `'withdrawn'`. */
  rotateKeys(options?: RotationOptions): Promise<void>
  /** Gives an endpoint a fault, for `times` requests or until `behave`. A later call replaces an earlier one. */
  misbehave(endpoint: Endpoint, fault: Fault, options?: FaultOptions): void
  /** Ends the fault of an endpoint. Without an endpoint it ends all faults. */
  behave(endpoint?: Endpoint): void
  /** Closes all connections, and accepts no further ones. A second call does nothing. */
  close(): Promise<void>
}

/**
 * Starts an issuer for tests. It publishes metadata and keys, issues signed access tokens, responds to introspection,
 * and simulates faults. It imports no code of the validator, because the two must not share a defect.
 *
 * Does not implement the authorization endpoint, the token endpoint, TLS or mutual TLS.
 * Throws a `TypeError` for invalid options, here and in each method. The message says how to fix them.
 */
export async function createMockIssuer(options: MockIssuerOptions = {}): Promise<MockIssuer> {
  const { audience, algorithms, port, client } = expectOptions(options)
  const clock = createClock()
  const keys = await createSigningKeys(algorithms)
  const requests: LoggedRequest[] = []
  const faults = createFaults()
  const { url, dispatcher, serve, close } = await openTransport(port === 'free' ? 0 : port)
  const source: TokenSource = { issuer: url, audience, clock, keys }
  const tokens = createIssuedTokens(source)
  serve(createEndpoints(createRoutes(source, tokens, client), faults, requests))

  return {
    url,
    clock,
    validatorOptions: { issuer: url, audience, clock, ...(dispatcher === undefined ? {} : { dispatcher }) },
    client: { id: client.id, secret: client.secret },
    requests,
    accessToken: tokens.accessToken,
    opaqueToken: tokens.opaqueToken,
    revoke: tokens.revoke,
    wrongToken: (name, claims = {}) => createWrongToken(source, name, claims),
    rotateKeys: keys.rotate,
    misbehave: faults.misbehave,
    behave: faults.behave,
    close,
  }
}

function createRoutes(source: TokenSource, tokens: IssuedTokens, client: Client): Readonly<Record<string, Route>> {
  const { issuer, clock, keys } = source
  const document = createMetadata(issuer, client, keys.current().algorithm)
  const authenticate = createClientAuthentication({ client, clock, audiences: [issuer, `${issuer}/introspect`] })
  const metadata: Route = { endpoint: 'metadata', method: 'GET', respond: () => json(200, document) }
  return {
    '/.well-known/oauth-authorization-server': metadata,
    '/.well-known/openid-configuration': metadata,
    '/jwks': { endpoint: 'jwks', method: 'GET', respond: () => json(200, { keys: keys.published() }) },
    '/introspect': {
      endpoint: 'introspection',
      respond: createIntrospection({ source, tokens, authenticate, clientId: client.id }),
    },
  }
}

function expectOptions(options: MockIssuerOptions): Required<MockIssuerOptions> & { readonly client: Client } {
  const known = ['audience', 'algorithms', 'port', 'client'] as const
  const members = ownMembers(options, 'the options of `createMockIssuer`', known)
  const { audience = 'https://api.example.com', algorithms = ['ES256'], port = 'free', client = {} } = members
  expectText(audience, 'audience')
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw new TypeError("Expected `algorithms` to be an array of at least one algorithm, such as ['ES256']")
  }
  if (port !== 'free' && port !== 'none' && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new TypeError("Expected `port` to be 'free', 'none' or a port number up to 65535")
  }
  return { audience, algorithms, port, client: expectClient(client) }
}
