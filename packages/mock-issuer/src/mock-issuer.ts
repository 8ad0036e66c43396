import type { Dispatcher } from 'undici'
import { type AccessTokenOptions, type Claims, type Minting } from './access-token.ts'
import { json } from './answer.ts'
import { createClientAuthentication } from './client-authentication.ts'
import { checkClient, type Client, type MockClientOptions } from './client.ts'
import { createClock, type MockClock } from './clock.ts'
import { createEndpoints, type LoggedRequest, type Route } from './endpoints.ts'
import { createFaults, type Endpoint, type Fault, type FaultOptions } from './faults.ts'
import { createIntrospection } from './introspection.ts'
import { createMetadata } from './metadata.ts'
import { createMintedTokens, type MintedTokens, type OpaqueTokenOptions } from './minted-tokens.ts'
import { createSigningKeys } from './signing-keys.ts'
import { openTransport } from './transport.ts'
import { mintWrongToken, type WrongToken } from './wrong-tokens.ts'

export interface MockIssuerOptions {
  /** The `aud` of its tokens. Default: `'https://api.example.com'`. */
  readonly audience?: string
  /** What it signs with; the first unless a token asks for another. A key is made for each. Default: `['ES256']`. */
  readonly algorithms?: readonly [string, ...string[]]
  /** A port on loopback, `'free'` for any, or `'none'`: then only `validatorOptions.dispatcher` reaches it. Default: `'free'`. */
  readonly port?: 'free' | 'none' | number
  /** Who may ask about tokens. Default: `'api'` with a random secret; `issuer.client` tells it. */
  readonly client?: MockClientOptions
}

/** What a validator needs in order to trust this issuer, and to live in its time. */
export interface MockValidatorOptions {
  readonly issuer: string
  readonly audience: string
  readonly clock: MockClock
  readonly dispatcher?: Dispatcher
}

export interface MockIssuer {
  /** Its name: the `iss` of its tokens. */
  readonly url: string
  readonly clock: MockClock
  /** `{ issuer, audience, clock }`, and the `dispatcher` when it has no port: `createProtect(mock.validatorOptions)`. */
  readonly validatorOptions: MockValidatorOptions
  /** The credentials to ask about tokens with, at the introspection endpoint. */
  readonly client: { readonly id: string; readonly secret: string }
  /** The requests that reached it, oldest first. */
  readonly requests: readonly LoggedRequest[]
  /** A good access token by RFC 9068 for five minutes, with these claims over the default ones. */
  accessToken(claims?: Claims, options?: AccessTokenOptions): Promise<string>
  /** A good token that says nothing by itself: its claims, the default ones with these over them, are told by introspection. */
  opaqueToken(claims?: Claims, options?: OpaqueTokenOptions): Promise<string>
  /** Introspection calls a good token inactive from now on, be it opaque or not. */
  revoke(token: string): void
  /** A token with the named fault, which an API must refuse; `wrongTokens` lists the names. */
  wrongToken(name: WrongToken, claims?: Claims): Promise<string>
  /** Signs with new keys from now on. The previous ones stay published unless they are `'withdrawn'`. */
  rotateKeys(options?: { readonly previous?: 'published' | 'withdrawn' }): Promise<void>
  /** The endpoint does this instead of its duty, so many `times` or until told otherwise. A later call replaces the earlier. */
  misbehave(endpoint: Endpoint, fault: Fault, options?: FaultOptions): void
  /** Back to duty: the endpoint, or all of them. */
  behave(endpoint?: Endpoint): void
  /** Stops listening, and cuts off what is under way. */
  close(): Promise<void>
}

/**
 * Starts an issuer for tests: it publishes metadata and keys, mints access tokens that are signed for real, tells about
 * its tokens, and misbehaves when asked to. It imports nothing of the validator, so that the two cannot share a mistake.
 */
export async function createMockIssuer(options: MockIssuerOptions = {}): Promise<MockIssuer> {
  const { audience, algorithms, port, client } = checkOptions(options)
  const clock = createClock()
  const keys = await createSigningKeys(algorithms)
  const requests: LoggedRequest[] = []
  const faults = createFaults()
  const { url, dispatcher, serve, close } = await openTransport(port === 'free' ? 0 : port)
  const minting = { issuer: url, audience, clock, keys }
  const tokens = createMintedTokens(minting)
  serve(createEndpoints(createRoutes(minting, tokens, client), faults, requests))

  return {
    url,
    clock,
    validatorOptions: { issuer: url, audience, clock, ...(dispatcher === undefined ? {} : { dispatcher }) },
    client: { id: client.id, secret: client.secret },
    requests,
    accessToken: (claims = {}, tokenOptions = {}) => tokens.accessToken(claims, tokenOptions),
    opaqueToken: (claims = {}, tokenOptions = {}) => tokens.opaqueToken(claims, tokenOptions),
    revoke: tokens.revoke,
    wrongToken: (name, claims = {}) => mintWrongToken(minting, name, claims),
    rotateKeys: async ({ previous = 'published' } = {}) => keys.rotate(previous),
    misbehave: faults.misbehave,
    behave: faults.behave,
    close,
  }
}

function createRoutes(minting: Minting, tokens: MintedTokens, client: Client): Readonly<Record<string, Route>> {
  const { issuer, clock, keys } = minting
  const document = createMetadata(issuer, client, keys.current().algorithm)
  const authenticate = createClientAuthentication({ client, clock, audiences: [issuer, `${issuer}/introspect`] })
  const metadata: Route = { endpoint: 'metadata', method: 'GET', answer: () => json(200, document) }
  return {
    '/.well-known/oauth-authorization-server': metadata,
    '/.well-known/openid-configuration': metadata,
    '/jwks': { endpoint: 'jwks', method: 'GET', answer: () => json(200, { keys: keys.published() }) },
    '/introspect': {
      endpoint: 'introspection',
      answer: createIntrospection({ minting, tokens, authenticate, clientId: client.id }),
    },
  }
}

interface CheckedOptions extends Required<MockIssuerOptions> {
  readonly client: Client
}

function checkOptions(options: MockIssuerOptions): CheckedOptions {
  const {
    audience = 'https://api.example.com',
    algorithms = ['ES256'],
    port = 'free',
    client = {},
    ...unknown
  } = options
  if (Object.keys(unknown).length > 0) {
    const names = 'audience, algorithms, port, client'
    throw new TypeError(`Unknown option \`${Object.keys(unknown).join()}\`; the options are ${names}`)
  }
  if (algorithms.length === 0) {
    throw new TypeError('Expected `algorithms` to hold at least one')
  }
  if (port !== 'free' && port !== 'none' && !Number.isInteger(port)) {
    throw new TypeError("Expected `port` to be 'free', 'none' or a number")
  }
  return { audience, algorithms, port, client: checkClient(client) }
}
