import { expectFetchedUrl } from '../http/expect-fetched-url.ts'
import { type Duration, expectDeadline, expectDuration } from '../lib/duration.ts'
import { expectFunction, expectOneOf, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import { type ClientAuthentication, expectClientAuthentication } from './client-authentication/client-authentication.ts'
import type { RequestParameters } from './request-parameters.ts'
import { expectResponseFormat, type JwtResponse, type ResponseFormat } from './response-format.ts'

/** How the validator introspects the opaque tokens of an issuer (RFC 7662, RFC 9701) and caches the results. */
export interface IntrospectionOptions {
  /**
   * The credentials of this API: `clientSecretBasic`, `clientSecretPost`, `clientSecretJwt`, `privateKeyJwt`,
   * `tlsClientAuth` or `bearerToken`.
   */
  readonly client: ClientAuthentication
  /** The URL of the endpoint. Default: the `introspection_endpoint` in the metadata of the issuer. */
  readonly endpoint?: string | URL | undefined
  /**
   * How long an active result is used, and thus how long a revocation may go unnoticed. It is never used beyond the
   * `exp` of the token. With `'0s'` every request introspects, but simultaneous requests with one token share one call.
   * Default: `'60s'`; at most `'300s'`.
   */
  readonly cacheFor?: Duration | undefined
  /** The same for an inactive result. Default: `'10s'`, or `cacheFor` when that is shorter; at most `'30s'`. */
  readonly cacheInactiveFor?: Duration | undefined
  /** The same as `missingAudience` of the issuer, for introspection responses only. Default: that of the issuer. */
  readonly missingAudience?: 'refuse' | 'trust' | undefined
  /**
   * The first characters of every opaque token of this issuer. Required when several issuers introspect. An opaque
   * token with another beginning is refused without a call.
   */
  readonly prefix?: string | undefined
  /** `'jwt'` or an object: request the response as a JWT (RFC 9701), and accept no other. Default: `'json'`. */
  readonly response?: 'json' | 'jwt' | JwtResponse | undefined
  /** The deadline of one call, to the last byte of the response. Default: `'3s'`; at most `'30s'`. */
  readonly timeout?: Duration | undefined
  /** Adds parameters and headers to each request. */
  readonly parameters?: RequestParameters | undefined
}

/** The checked options. Times are in milliseconds. */
export interface IntrospectionSettings {
  readonly client: ClientAuthentication
  readonly endpoint: string | undefined
  readonly cacheFor: number
  readonly cacheInactiveFor: number
  readonly missingAudience: 'refuse' | 'trust' | undefined
  readonly prefix: string
  readonly response: ResponseFormat
  readonly timeout: number
  readonly parameters: RequestParameters | undefined
}

const durations = ['cacheFor', 'cacheInactiveFor', 'timeout']
const known = [...durations, 'client', 'endpoint', 'missingAudience', 'parameters', 'prefix', 'response']

export function expectIntrospection(options: IntrospectionOptions): IntrospectionSettings {
  const checked = expectOptions(options, 'the `introspection` of trustedIssuer', known)
  const { client, endpoint, cacheInactiveFor, prefix, response, parameters, missingAudience } = checked
  const { cacheFor = '60s', timeout = '3s' } = checked
  const activeFor = expectDuration(cacheFor, 'cacheFor', '300s')
  const deadline = expectDeadline(timeout, 'timeout', '30s')
  if (prefix !== undefined && !/^[\w.~+/-]+$/.test(expectText(prefix, 'prefix'))) {
    throw invalidOption('Expected `prefix` to have only characters that a token may have: letters, digits and -._~+/')
  }
  if (parameters !== undefined) {
    expectFunction(parameters, 'parameters')
  }
  return {
    client: expectClientAuthentication(client),
    endpoint:
      endpoint === undefined
        ? undefined
        : expectFetchedUrl(endpoint, 'endpoint', 'the URL of the introspection endpoint'),
    cacheFor: activeFor,
    cacheInactiveFor:
      cacheInactiveFor === undefined
        ? Math.min(10_000, activeFor)
        : expectDuration(cacheInactiveFor, 'cacheInactiveFor', '30s'),
    missingAudience:
      missingAudience === undefined ? undefined : expectOneOf(missingAudience, 'missingAudience', ['refuse', 'trust']),
    prefix: prefix ?? '',
    response: expectResponseFormat(response),
    timeout: deadline,
    parameters,
  }
}
