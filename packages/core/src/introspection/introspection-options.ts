import { type Duration, expectDuration } from '../lib/duration.ts'
import { holdsPassword, isSecure } from '../http/secure-url.ts'
import {
  describe,
  expectFunction,
  expectOneOf,
  expectOptions,
  expectText,
  invalidOption,
} from '../lib/invalid-option.ts'
import { type ClientAuthentication, expectClientAuthentication } from './client-authentication/client-authentication.ts'
import { type AnswerForm, expectAnswerForm, type JwtResponse } from './response-format.ts'

/**
 * What a function of yours adds to each introspection request. It sees nothing of the token or of the request that is judged: response are
 * remembered for all, and a shared `cache` does not tell validators apart that differ in nothing else.
 */
export type RequestParameters = (call: {
  readonly issuer: string
  readonly endpoint: string
}) => RequestParts | Promise<RequestParts>

/** Headers and form parameters; those that Tollgate sends itself are a failure (500). */
export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Form parameters; `token_type_hint: undefined` leaves the hint out. */
  readonly parameters?: Readonly<Record<string, string | undefined>> | undefined
}

/** How to ask an issuer about tokens (RFC 7662, RFC 9701), and for how long to believe it. */
export interface IntrospectionOptions {
  /** Who we are: `clientSecretBasic`, `clientSecretPost`, `clientSecretJwt`, `privateKeyJwt`, `tlsClientAuth` or `bearer`. */
  readonly client: ClientAuthentication
  /** The URL of the endpoint. Default: the `introspection_endpoint` that the issuer's metadata names. */
  readonly endpoint?: string | URL | undefined
  /**
   * For how long an active answer is used without asking again, and thus how long a revocation may go unnoticed; never
   * beyond the token's `exp`. `'0s'` asks for every request, though requests at the same moment share one call. Default: `'60s'`; at most `'300s'`.
   */
  readonly cacheFor?: Duration | undefined
  /** The same for an inactive answer. Default: `'10s'`, or `cacheFor` when that is shorter; at most `'30s'`. */
  readonly cacheInactiveFor?: Duration | undefined
  /** What to do with an answer without `aud`: `'trust'` takes the word of the server that the token is for us, which is safe only if it gives out tokens for no other API. Default: `'refuse'`. */
  readonly missingAudience?: 'refuse' | 'trust' | undefined
  /** How this issuer's opaque tokens begin. Needed to tell them apart when several issuers introspect; tokens that name no issuer and begin otherwise are refused without a call. */
  readonly prefix?: string | undefined
  /** `'jwt'`, or how it is signed, wants the answer as a JWT (RFC 9701), and takes nothing less. Default: `'json'`. */
  readonly response?: 'json' | 'jwt' | JwtResponse | undefined
  /** The deadline of one call, the answer's last byte included. Default: `'3s'`; at most `'30s'`. */
  readonly timeout?: Duration | undefined
  /** Adds parameters and headers that the server wants to see. */
  readonly parameters?: RequestParameters | undefined
}

/** The options, checked. Times in milliseconds. */
export interface IntrospectionSettings {
  readonly client: ClientAuthentication
  readonly endpoint: string | undefined
  readonly cacheFor: number
  readonly cacheInactiveFor: number
  readonly missingAudience: 'refuse' | 'trust'
  readonly prefix: string
  readonly response: AnswerForm
  readonly timeout: number
  readonly parameters: RequestParameters | undefined
}

const known = [
  'client',
  'endpoint',
  'cacheFor',
  'cacheInactiveFor',
  'missingAudience',
  'prefix',
  'response',
  'timeout',
  'parameters',
]

export function expectIntrospection(options: IntrospectionOptions): IntrospectionSettings {
  expectOptions(options, 'the `introspection` of trustedIssuer', known)
  const { cacheFor = '60s', cacheInactiveFor, missingAudience = 'refuse', timeout = '3s', parameters } = options
  const activeFor = expectDuration(cacheFor, 'cacheFor', '300s')
  if (parameters !== undefined) {
    expectFunction(parameters, 'parameters')
  }
  return {
    client: expectClientAuthentication(options.client),
    endpoint: options.endpoint === undefined ? undefined : expectSecureUrl(options.endpoint),
    cacheFor: activeFor,
    cacheInactiveFor:
      cacheInactiveFor === undefined
        ? Math.min(10_000, activeFor)
        : expectDuration(cacheInactiveFor, 'cacheInactiveFor', '30s'),
    missingAudience: expectOneOf(missingAudience, 'missingAudience', ['refuse', 'trust']),
    prefix: options.prefix === undefined ? '' : expectPrefix(options.prefix),
    response: expectAnswerForm(options.response),
    timeout: expectTimeout(timeout),
    parameters,
  }
}

function expectPrefix(prefix: unknown): string {
  const text = expectText(prefix, 'prefix')
  if (!/^[\w.~+/-]+$/.test(text)) {
    throw invalidOption('Expected `prefix` to have only characters that a token may have: letters, digits and -._~+/')
  }
  return text
}

function expectTimeout(timeout: unknown): number {
  const milliseconds = expectDuration(timeout, 'timeout', '30s')
  if (milliseconds < 1) {
    throw invalidOption("Expected `timeout` to be at least '1ms'")
  }
  return Math.ceil(milliseconds)
}

function expectSecureUrl(endpoint: unknown): string {
  const text = endpoint instanceof URL ? endpoint.href : endpoint
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !isSecure(url) || holdsPassword(url)) {
    throw invalidOption(
      `Expected \`endpoint\` to be a URL on https: (http: is accepted on loopback only) without user name and password, got ${describe(endpoint)}`,
    )
  }
  return url.href
}
