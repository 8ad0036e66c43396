import type { Dispatcher } from 'undici'
import { type AccessTokenOptions, type Claims, mintAccessToken } from './access-token.ts'
import { createClock, type MockClock } from './clock.ts'
import { createEndpoints, type LoggedRequest } from './endpoints.ts'
import { createSigningKeys } from './signing-keys.ts'
import { listen, stayInside, type Transport } from './transport.ts'
import { mintWrongToken, type WrongToken } from './wrong-tokens.ts'

export interface MockIssuerOptions {
  /** The `aud` of its tokens. Default: `'https://api.example.com'`. */
  readonly audience?: string
  /** What it signs with; the first unless a token asks for another. A key is made for each. Default: `['ES256']`. */
  readonly algorithms?: readonly [string, ...string[]]
  /** A port on loopback, `'free'` for any, or `'none'`: then only `validatorOptions.dispatcher` reaches it. Default: `'free'`. */
  readonly port?: 'free' | 'none' | number
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
  /** The requests that reached it, oldest first. */
  readonly requests: readonly LoggedRequest[]
  /** A good access token by RFC 9068 for five minutes, with these claims over the default ones. */
  accessToken(claims?: Claims, options?: AccessTokenOptions): Promise<string>
  /** A token with the named fault, which an API must refuse; `wrongTokens` lists the names. */
  wrongToken(name: WrongToken, claims?: Claims): Promise<string>
  /** Signs with new keys from now on. The previous ones stay published unless they are `'withdrawn'`. */
  rotateKeys(options?: { readonly previous?: 'published' | 'withdrawn' }): Promise<void>
  /** Stops listening. */
  close(): Promise<void>
}

const nameWithoutPort = 'https://issuer.example'

/**
 * Starts an issuer for tests: it publishes metadata and keys, and mints access tokens that are signed for real. It
 * imports nothing of the validator, so that the two cannot share a mistake.
 */
export async function createMockIssuer(options: MockIssuerOptions = {}): Promise<MockIssuer> {
  const { audience, algorithms, port } = checkOptions(options)
  const clock = createClock()
  const keys = await createSigningKeys(algorithms)
  const requests: LoggedRequest[] = []
  const endpoints = createEndpoints(() => transport.url, keys, requests)
  const transport: Transport =
    port === 'none' ? stayInside(endpoints, nameWithoutPort) : await listen(endpoints, port === 'free' ? 0 : port)
  const { url, dispatcher, close } = transport
  const minting = { issuer: url, audience, clock, keys }

  return {
    url,
    clock,
    validatorOptions: { issuer: url, audience, clock, ...(dispatcher === undefined ? {} : { dispatcher }) },
    requests,
    accessToken: (claims = {}, tokenOptions = {}) => mintAccessToken(minting, claims, tokenOptions),
    wrongToken: (name, claims = {}) => mintWrongToken(minting, name, claims),
    rotateKeys: async ({ previous = 'published' } = {}) => keys.rotate(previous),
    close,
  }
}

function checkOptions(options: MockIssuerOptions): Required<MockIssuerOptions> {
  const { audience = 'https://api.example.com', algorithms = ['ES256'], port = 'free', ...unknown } = options
  if (Object.keys(unknown).length > 0) {
    throw new TypeError(`Unknown option \`${Object.keys(unknown).join()}\`; the options are audience, algorithms, port`)
  }
  if (algorithms.length === 0) {
    throw new TypeError('Expected `algorithms` to hold at least one')
  }
  if (port !== 'free' && port !== 'none' && !Number.isInteger(port)) {
    throw new TypeError("Expected `port` to be 'free', 'none' or a number")
  }
  return { audience, algorithms, port }
}
